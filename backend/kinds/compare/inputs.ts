import type { z } from 'zod';
import { datasetInputs, gatherDataset, type KindInputs, linksSchema, linksOf } from '../shared/inputs';
import type { CompareSpec } from './spec';

const schema = datasetInputs.extend({ links: linksSchema });
export type CompareInputs = z.infer<typeof schema>;

export const compareInputs: KindInputs<CompareSpec, CompareInputs> = {
  schema,
  gather: async (store, { dataset }) => ({
    ...(await gatherDataset(store, dataset)),
    ...(await linksOf(store, dataset)),
  }),
};
