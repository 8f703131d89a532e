import { frozenMemory } from '../../train/learning';
import { defaultTraining } from '../../train/settings';
import { commonTokensFor } from '../../split/methods/em/settings';
import { comparisonOf, isMerged, isOfPiles } from '../../evaluate/plan';
import { weightingNamed, weightings } from '../../mixing/weightings';
import { methodNamed, type SplitMethodTable } from '../../split/methods/split-method';
import { methodTable } from '../../split/methods/table';
import { loraOf } from '../shared/adapters';
import { addFitting } from '../mix/estimate';
import type { EstimatedWork } from '../shared/estimate';
import type { Estimated, KindEstimate } from '../work-entry';
import type { CompareInputs } from './inputs';
import type { CompareSpec } from './spec';

/** Of systems made of these methods. */
export function compareEstimateOf(
  methods: SplitMethodTable,
  entries = weightings,
): KindEstimate<CompareSpec, CompareInputs> {
  return {
    byTasks: true,
    baseModel: ({ model }) => model,
    add: (work, run) => addComparison({ methods, entries }, work, run),
  };
}

export const compareEstimate = compareEstimateOf(methodTable);

async function addComparison(
  { methods, entries }: { readonly methods: SplitMethodTable; readonly entries: typeof weightings },
  work: EstimatedWork,
  { spec, inputs, lengths, config }: Estimated<CompareSpec, CompareInputs>,
): Promise<number> {
  const { documents, domains } = inputs.dataset;
  const { prefix, rounds, tokensPerRound, k, tokens, matched, adapter } = spec;
  const em = { prefix, rounds, tokensPerRound, commonTokens: commonTokensFor(tokensPerRound), adapter };
  const training = defaultTraining;
  const expert = adapter === 'full' ? adapter : loraOf(spec);
  const one = { k: 1, expert, rows: training.rows, context: training.context };
  const read = {
    train: Math.min(spec.trainDocuments, documents.train),
    validation: Math.min(spec.validationDocuments, documents.validation),
  };
  const test = Math.min(spec.testDocuments, documents.test);
  const { splits, systems, variants } = comparisonOf(spec, domains.length > 0, methods);
  const alone = systems.flatMap(({ experts }) => {
    if (experts === 'one') return [one];
    if (experts !== 'wide' || expert === 'full') return [];
    return [{ ...one, expert: { ...expert, rank: k * expert.rank } }];
  });
  if (spec.layers !== undefined) work.kept += frozenMemory(read.train * lengths.mean(Infinity), config.hiddenSize);
  if (systems.some(({ experts }) => experts === 'none')) await work.read(test, 0, one);
  for (let i = 0; i < spec.seeds.length; i++) {
    for (const { method } of splits) {
      await methodNamed(methods, method).estimate?.({ k, documents: read, meanLength: lengths.mean, config, work }, em);
    }
    await work.train(tokens * training.seedShare, one);
    const branched = (matched === 'expert' ? k : 1) * tokens * (1 - training.seedShare);
    await work.train(splits.length * branched, { ...one, k });
    for (const shape of alone) {
      await work.train(tokens, shape);
      await work.read(test, 1, shape);
    }
    for (const { id } of splits) {
      const own = systems.filter(isOfPiles).filter(({ split }) => split === id);
      const others = own.some(({ role }) => role === 'main') ? variants : [];
      const names = new Set([...own.map(({ cooperation }) => cooperation), ...others]);
      const fitted = [...names].map((name) => weightingNamed(name, entries));
      await addFitting(work, fitted, { documents: read, shape: { ...one, k }, lengths, config });
      await work.read(test, k, one);
      if (expert === 'full') continue;
      const joined = systems.filter(isMerged).filter(({ split }) => split === id).length;
      await work.read(joined * test, 1, { ...one, expert: { ...expert, rank: k * expert.rank } });
    }
  }
  return read.train + read.validation + test;
}
