import { mixerContext } from '../../evaluate/systems';
import { probeDefaults } from '../../mixing/weightings/probe/probe';
import type { KindEstimate } from '../work-entry';
import { loraOf, expertShape } from '../shared/estimate';
import type { MixInputs } from './inputs';
import type { MixSpec } from './spec';

export const mixEstimate: KindEstimate<MixSpec, MixInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { inputs, lengths }) => {
    const { train, validation } = inputs.dataset.documents;
    const { experts, rank } = expertShape(inputs.experts);
    const k = experts.length;
    const read = Math.min(train, probeDefaults.positions / 32) + validation;
    const length = lengths.mean(mixerContext);
    await work.score(read * length * k, k, { lora: loraOf(rank) }, length);
    return train + validation;
  },
};
