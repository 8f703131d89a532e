import { runKinds, type KindTable } from '../../backend/kinds/specs';
import { warningsOf } from '../../backend/protocol/expert-warnings';
import type { Backend } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';
import { hasStages, stagesOf } from './stages';
import { toldOfEmptyPiles } from '../../backend/split/methods/method';

/** What a person is to know of what a run made, in sentences: piles that stayed empty, experts that became worse; none where all is well. */
export async function remarksOn(
  { id, spec, result }: Pick<RunRecord, 'id' | 'spec' | 'result'>,
  client: Pick<Backend, 'call'>,
  kinds: KindTable = runKinds,
): Promise<string[]> {
  if (hasStages({ spec }, kinds)) {
    const remarks = (await stagesOf(client, id)).map((stage) => remarksOn(stage, client, kinds));
    return (await Promise.all(remarks)).flat();
  }
  const makes = Object.hasOwn(kinds, spec.kind) ? kinds[spec.kind].makes : undefined;
  if (result === undefined) return [];
  if (makes === 'experts') return warningsOf(await client.call('experts/get', { experts: result }));
  if (makes !== 'split') return [];
  const told = toldOfEmptyPiles((await client.call('splits/get', { clustering: result })).piles);
  return told === undefined ? [] : [told];
}
