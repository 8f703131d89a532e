import { pullModel } from '../../model-files/catalog/pull';
import type { Outcome } from '../../protocol/outcome';
import type { PullSpec } from './spec';
import type { Job } from '../../engine/job';

/** What was downloaded stays when the run is stopped, and the next attempt goes on from there. */
export async function pull({ spec, watch }: Job<PullSpec>): Promise<Outcome> {
  const { report, signal } = watch;
  const { folder } = await pullModel(spec.model, { report, signal, tell: (line) => console.log(line) });
  return { result: folder };
}
