import { mixerContext } from '../../evaluate/systems';
import { positionsPerDocument } from '../../mixing/examples';
import { weightingNamed, weightings } from '../../mixing/weightings';
import type { ModelConfig } from '../../model/architectures/config';
import type { KindEstimate } from '../work-entry';
import { settingsOfExperts } from '../shared/estimate';
import type { MixInputs } from './inputs';
import type { MixSpec } from './spec';

/** By one of these weightings. */
export const mixEstimateOf = (entries: typeof weightings): KindEstimate<MixSpec, MixInputs> => ({
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const { train, validation } = inputs.dataset.documents;
    const k = inputs.experts.experts.length;
    const { positions = 0 } = weightingNamed(spec.weighting, entries);
    const read = Math.min(train, positions / positionsPerDocument) + validation;
    const length = lengths.mean(mixerContext);
    await work.score(read * length * k, k, { expert: settingsOfExperts(inputs.experts) }, length);
    work.kept += statesMemory(Math.min(positions, train * lengths.mean(positionsPerDocument)), k, config);
    return train + validation;
  },
});

export const mixEstimate = mixEstimateOf(weightings);

/** MiB of the hidden states of k experts at so many positions, as they come from the worker and side by side. */
export function statesMemory(positions: number, k: number, { hiddenSize }: Pick<ModelConfig, 'hiddenSize'>): number {
  return (2 * 4 * positions * k * hiddenSize) / 2 ** 20;
}
