/** Runs whose work other runs do. */
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { Backend } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';

export const hasStages = ({ spec }: Pick<RunRecord, 'spec'>, kinds: KindTable = runKinds): boolean =>
  Object.hasOwn(kinds, spec.kind) && kinds[spec.kind].stages !== undefined;

/** In their order, as far as they were begun. */
export async function stagesOf(client: Pick<Backend, 'call'>, parent: string): Promise<readonly RunRecord[]> {
  return (await client.call('runs/list', { parent, limit: 1000 })).items;
}
