import { defaultTraining as training } from '../../train/settings';
import { encoderNamed } from '../../split/features/settings';
import { methodNamed, type SplitMethodTable } from '../../split/methods/split-method';
import { methodTable } from '../../split/methods/table';
import type { KindEstimate } from '../work-entry';
import { type EstimatedWork, settingsOfExperts } from '../shared/estimate';
import type { PlannedDataset } from '../shared/inputs';
import { openEncoder } from './encoder';
import type { SplitInputs } from './inputs';
import type { SplitSpec } from './spec';

type Planned = PlannedDataset & Pick<SplitInputs, 'experts'>;

/** What a split by one of these methods takes. */
export function splitEstimateOf(methods: SplitMethodTable): KindEstimate<SplitSpec, Planned> {
  return {
    byTasks: true,
    baseModel: (spec, { experts }) => experts?.model ?? spec.model,
    encoder: async (spec) => {
      const name = encoderNamed(spec);
      return name === undefined ? undefined : openEncoder(name);
    },
    add: async (work, { spec, inputs, lengths, config }) => {
      const { train, validation } = inputs.dataset.documents;
      const experts = inputs.experts && expertsOf(inputs.experts, spec);
      const expected = { k: spec.k, documents: { train, validation }, meanLength: lengths.mean, config };
      await methodNamed(methods, spec.method).estimate?.({ ...expected, work, ...(experts && { experts }) }, spec);
      if (spec.quickTokens !== undefined) await addQuickExperts(work, spec.quickTokens, spec.k, validation);
      return train + validation;
    },
  };
}

export const splitEstimate = splitEstimateOf(methodTable);

function expertsOf(set: NonNullable<SplitInputs['experts']>, { keep = false }: SplitSpec) {
  return { count: set.experts.length, expert: settingsOfExperts(set), keep };
}

export async function addQuickExperts(
  work: EstimatedWork,
  tokens: number,
  k: number,
  validation: number,
): Promise<void> {
  const one = { k: 1, expert: training.expert, rows: training.rows, context: training.context };
  await work.train(tokens * training.seedShare, one);
  await work.train(2 * tokens * (1 - training.seedShare), { ...one, k });
  // Of its piles, and of random ones.
  for (let i = 0; i < 2; i++) await work.read(validation, k, one);
}
