import { defaultTraining } from '../../train/settings';
import { defaultPerplexityEm } from '../../split/methods/em/perplexity-settings';
import type { KindEstimate } from '../work-entry';
import { addSplit } from '../split/estimate-em';
import type { CompareInputs } from './inputs';
import type { CompareSpec } from './spec';

export const compareEstimate: KindEstimate<CompareSpec, CompareInputs> = {
  baseModel: ({ model }) => model,
  add: async (work, { spec, inputs, lengths }) => {
    const { documents, domains } = inputs.dataset;
    const { prefix, rounds, tokensPerRound, k, tokens, learningRate } = spec;
    const em = {
      ...defaultPerplexityEm,
      prefix,
      rounds,
      tokensPerRound,
      commonTokens: 2.5 * tokensPerRound,
      k,
      seed: 1,
    };
    const training = { ...defaultTraining, learningRate };
    const one = { k: 1, lora: training.lora, rows: training.rows, context: training.context };
    const side = {
      train: Math.min(spec.trainDocuments, documents.train),
      validation: Math.min(spec.validationDocuments, documents.validation),
    };
    const test = Math.min(spec.testDocuments, documents.test);
    const methods = domains.length > 0 ? 5 : 4;
    const length = lengths.mean(Infinity);
    for (let i = 0; i < spec.seeds.length; i++) {
      await addSplit(work, em, side, lengths);
      await work.train(tokens * (1 + training.seedShare), one);
      await work.train(methods * tokens * (1 - training.seedShare), { ...one, k });
      await work.score(test * length * k * (methods + 1), k, one, Math.min(256, length));
    }
    return side.train + side.validation + test;
  },
};
