import { frozenMemory } from '../../train/learning';
import type { KindEstimate } from '../work-entry';
import type { EarlierSplit } from '../shared/inputs';
import type { TrainSpec } from './spec';
import { trainingSettings } from './work';

export const trainEstimate: KindEstimate<TrainSpec, EarlierSplit> = {
  byTasks: true,
  baseModel: ({ model }) => model,
  add: async (work, { spec, inputs, lengths, hiddenSize }) => {
    const { train } = inputs.dataset.documents;
    const { k } = inputs.clustering;
    const { lora, rows, context, seedShare } = trainingSettings(spec);
    await work.train(spec.tokens * seedShare, { k: 1, lora, rows, context });
    await work.train(spec.tokens * (1 - seedShare), { k, lora, rows, context });
    if (spec.layers !== undefined) work.kept = frozenMemory(train * lengths.mean(Infinity), hiddenSize);
    return train;
  },
};
