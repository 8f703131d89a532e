import type { Job } from '../../engine/job';
import type { Outcome } from '../../protocol/outcome';
import { indexDataset } from '../../search/write-index';
import type { IndexInputs } from './inputs';
import type { IndexSpec } from './spec';

export async function indexWords({ inputs, project, watch }: Job<IndexSpec, IndexInputs>): Promise<Outcome> {
  await indexDataset(inputs.dataset, project, watch);
  return { result: inputs.dataset.id, index: inputs.dataset.id };
}
