import { defaultTraining } from '../../train/settings';
import { commonTokensFor } from '../../split/methods/em/settings';
import { comparisonOf } from '../../evaluate/plan';
import { methodNamed, type SplitMethodTable } from '../../split/methods/split-method';
import { methodTable } from '../../split/methods/table';
import type { EstimatedWork } from '../shared/estimate';
import type { Estimated, KindEstimate } from '../work-entry';
import type { CompareInputs } from './inputs';
import type { CompareSpec } from './spec';

/** Of systems made of these methods. */
export function compareEstimateOf(methods: SplitMethodTable): KindEstimate<CompareSpec, CompareInputs> {
  return {
    byTasks: true,
    baseModel: ({ model }) => model,
    add: (work, run) => addComparison(methods, work, run),
  };
}

export const compareEstimate = compareEstimateOf(methodTable);

async function addComparison(
  methods: SplitMethodTable,
  work: EstimatedWork,
  { spec, inputs, lengths }: Estimated<CompareSpec, CompareInputs>,
): Promise<number> {
  const { documents, domains } = inputs.dataset;
  const { prefix, rounds, tokensPerRound, k, tokens, adapter } = spec;
  const em = { prefix, rounds, tokensPerRound, commonTokens: commonTokensFor(tokensPerRound), adapter };
  const training = defaultTraining;
  const expert = adapter === 'full' ? adapter : training.expert;
  const one = { k: 1, expert, rows: training.rows, context: training.context };
  const read = {
    train: Math.min(spec.trainDocuments, documents.train),
    validation: Math.min(spec.validationDocuments, documents.validation),
  };
  const test = Math.min(spec.testDocuments, documents.test);
  const { splits, systems } = comparisonOf(spec.systems, domains.length > 0, methods);
  const alone = systems.filter(({ experts }) => experts === 'one').length;
  const length = lengths.mean(Infinity);
  for (let i = 0; i < spec.seeds.length; i++) {
    for (const { method } of splits) {
      await methodNamed(methods, method).estimate?.({ k, documents: read, meanLength: lengths.mean, work }, em);
    }
    await work.train(tokens * (alone + training.seedShare), one);
    await work.train(splits.length * tokens * (1 - training.seedShare), { ...one, k });
    await work.score(test * length * k * splits.length, k, one, Math.min(256, length));
  }
  return read.train + read.validation + test;
}
