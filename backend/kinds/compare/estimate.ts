import { defaultTraining } from '../../train/settings';
import { commonTokensFor } from '../../split/methods/em/settings';
import { usualComparison } from '../../evaluate/plan';
import { methodTable } from '../../split/methods/table';
import type { KindEstimate } from '../work-entry';
import type { CompareInputs } from './inputs';
import type { CompareSpec } from './spec';

export const compareEstimate: KindEstimate<CompareSpec, CompareInputs> = {
  byTasks: true,
  baseModel: ({ model }) => model,
  add: async (work, { spec, inputs, lengths }) => {
    const { documents, domains } = inputs.dataset;
    const { prefix, rounds, tokensPerRound, k, tokens, learningRate } = spec;
    const em = { prefix, rounds, tokensPerRound, commonTokens: commonTokensFor(tokensPerRound) };
    const training = { ...defaultTraining, learningRate };
    const one = { k: 1, lora: training.lora, rows: training.rows, context: training.context };
    const read = {
      train: Math.min(spec.trainDocuments, documents.train),
      validation: Math.min(spec.validationDocuments, documents.validation),
    };
    const test = Math.min(spec.testDocuments, documents.test);
    const methods = usualComparison(domains.length > 0).splits.length;
    const length = lengths.mean(Infinity);
    for (let i = 0; i < spec.seeds.length; i++) {
      await methodTable.em.estimate?.({ k, documents: read, meanLength: lengths.mean, work }, em);
      await work.train(tokens * (1 + training.seedShare), one);
      await work.train(methods * tokens * (1 - training.seedShare), { ...one, k });
      await work.score(test * length * k * methods, k, one, Math.min(256, length));
    }
    return read.train + read.validation + test;
  },
};
