import { frozenMemory } from '../../train/learning';
import { searchTokens } from '../../train/rate-finder';
import type { KindEstimate } from '../work-entry';
import type { EarlierSplit } from '../shared/inputs';
import { evaluations, textTokens, tokensPerExpert } from '../shared/held-out';
import type { TrainSpec } from './spec';
import { trainingSettings } from './work';

export const trainEstimate: KindEstimate<TrainSpec, EarlierSplit> = {
  byTasks: true,
  baseModel: ({ model }) => model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const { train } = inputs.dataset.documents;
    const { k } = inputs.clustering;
    const settings = trainingSettings(spec, config);
    const { lora, rows, context, seedShare, documentTokens } = settings;
    const tokens = spec.epochs === undefined ? spec.tokens : spec.epochs * train * lengths.mean(documentTokens);
    await work.train(tokens * seedShare, { k: 1, lora, rows, context });
    await work.train(tokens * (1 - seedShare), { k, lora, rows, context });
    if (spec.searchRate) await work.train(searchTokens(tokens, settings), { k: 1, lora, rows, context });
    const heldOut = Math.min(inputs.dataset.documents.validation * lengths.mean(textTokens), k * tokensPerExpert);
    await work.score((evaluations + 1) * heldOut, 1, { lora }, lengths.mean(textTokens));
    if (spec.layers !== undefined) work.kept = frozenMemory(train * lengths.mean(Infinity), config.hiddenSize);
    return train;
  },
};
