import { defaultTraining } from '../../train/settings';
import { guideBudget } from '../../split/methods/guided/settings';
import type { KindEstimate } from '../work-entry';
import type { Work } from '../shared/estimate';
import { addPerplexitySplit } from './estimate-em';
import { openEncoder } from './encoder';
import type { SplitInputs } from './inputs';
import type { SplitSpec } from './spec';

export const splitEstimate: KindEstimate<SplitSpec, SplitInputs> = {
  baseModel: (spec, { experts }) => experts?.model ?? spec.model,
  encoder: openEncoder,
  add: async (work, { spec, inputs, lengths }) => {
    const { train, validation } = inputs.dataset.documents;
    if (spec.method === 'em') await addPerplexitySplit(work, spec, { train, validation }, { inputs, lengths });
    if (spec.quickTokens !== undefined) {
      const training = defaultTraining;
      const one = { k: 1, lora: training.lora, rows: training.rows, context: training.context };
      const length = lengths.mean(Infinity);
      await work.train(spec.quickTokens * (1 + training.seedShare), one);
      await work.train(2 * spec.quickTokens * (1 - training.seedShare), { ...one, k: spec.k });
      await work.score(2 * validation * length * spec.k, spec.k, one, Math.min(256, length));
    }
    if (spec.embedding === 'hidden') {
      const length = lengths.mean(128);
      await work.score(train * length, 0, { lora: defaultTraining.lora }, length);
    }
    if (spec.method === 'llm') await addGuidance(work, spec, train);
    return train + validation;
  },
};

/** By likelihood, which alone computes here: a question is a few documents after each of a few others. */
async function addGuidance(work: Work, spec: SplitSpec, train: number): Promise<void> {
  const { microClusters, queries } = guideBudget(spec.k, train, spec);
  const asked = Math.min(queries, questionsPerCluster * (microClusters === 0 ? train : microClusters));
  await work.score(asked * tokensPerQuestion, 0, { lora: defaultTraining.lora }, 128);
}

/** Measured on 4,506 documents in six domains. */
const [questionsPerCluster, tokensPerQuestion] = [4, 4200];
