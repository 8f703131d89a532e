import { gatherSplit, type KindInputs, earlierSplit, type EarlierSplit } from '../shared/inputs';
import { requireSide } from '../shared/held-out-side';
import type { TrainSpec } from './spec';

export const trainInputs: KindInputs<TrainSpec, EarlierSplit> = {
  schema: earlierSplit,
  gather: async (store, spec) => {
    const inputs = await gatherSplit(store, spec.split);
    for (const { asked, use } of measured) {
      if (asked(spec)) await requireSide(store, inputs, 'validation', use);
    }
    return inputs;
  },
};

/** What is measured on validation documents while experts learn. */
const measured: readonly { readonly asked: (spec: TrainSpec) => boolean; readonly use: string }[] = [
  { asked: ({ searchRate }) => searchRate, use: 'A learning rate ({searchRate}) is searched for on' },
  { asked: ({ patience }) => patience !== undefined, use: 'When to stop early ({patience}) is measured on' },
  { asked: ({ evalSteps }) => evalSteps !== undefined, use: 'Experts are evaluated ({evalSteps}) on' },
];
