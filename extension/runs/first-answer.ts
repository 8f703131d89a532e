import type { RunRecord } from '../../backend/protocol/run';
import type { Polymath } from '../polymath';
import { stagesOf } from './stages';

/** Asks the mixture that a pipeline made for more of a text that it has not seen, in the page of tokens. */
export async function showFirstAnswer(
  { client, pages }: Pick<Polymath, 'client' | 'pages'>,
  { id }: Pick<RunRecord, 'id'>,
): Promise<void> {
  const { mixtureOf, promptToTry } = await import('../../backend/kinds/pipeline/prompt');
  const made = new Map((await stagesOf(client, id)).map(({ spec, result = '' }) => [spec.kind, result]));
  const prompt = await promptToTry(client, made.get('import') ?? '');
  const model = await mixtureOf(client, made.get('train') ?? '');
  await pages.show('tokens', { model, prompt }, { preserveFocus: true });
}
