/** Runs whose work other runs do, and what those made. */
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { Backend } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';
import type { Polymath } from '../polymath';

export const hasStages = ({ spec }: Pick<RunRecord, 'spec'>, kinds: KindTable = runKinds): boolean =>
  Object.hasOwn(kinds, spec.kind) && kinds[spec.kind].stages !== undefined;

/** In their order, as far as they were begun. */
export async function stagesOf(client: Pick<Backend, 'call'>, parent: string): Promise<readonly RunRecord[]> {
  return (await client.call('runs/list', { parent, limit: 1000 })).items;
}

/** Asks the mixture that a pipeline made for more of a text that it has not seen, in the page of tokens. */
export async function showFirstAnswer(
  { client, pages }: Pick<Polymath, 'client' | 'pages'>,
  { id }: Pick<RunRecord, 'id'>,
): Promise<void> {
  const { mixtureOf, promptToTry } = await import('../../backend/kinds/pipeline/prompt');
  const made = new Map((await stagesOf(client, id)).map(({ spec, result = '' }) => [spec.kind, result]));
  const prompt = await promptToTry(client, made.get('import') ?? '');
  const model = await mixtureOf(client, made.get('train') ?? '');
  await pages.show('tokens', { model, prompt });
}
