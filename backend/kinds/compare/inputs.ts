import type { z } from 'zod';
import { comparisonOf } from '../../evaluate/plan';
import { datasetInputs, gatherDataset, type KindInputs, linksSchema, linksOf } from '../shared/inputs';
import { requireSide } from '../shared/held-out-side';
import type { CompareSpec } from './spec';

const schema = datasetInputs.extend({ links: linksSchema });
export type CompareInputs = z.infer<typeof schema>;

export const compareInputs: KindInputs<CompareSpec, CompareInputs> = {
  schema,
  gather: async (store, { dataset, ...spec }) => {
    const inputs = await gatherDataset(store, dataset);
    // Systems that cannot be compared are refused before anything begins.
    comparisonOf(spec, inputs.dataset.domains.length > 0);
    await requireSide(store, inputs, 'test', 'Systems are compared on');
    await requireSide(store, inputs, 'validation', 'Mixers are fitted on');
    return { ...inputs, ...(await linksOf(store, dataset)) };
  },
};
