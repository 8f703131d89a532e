import { z } from 'zod';
import { datasetRecord } from '../../protocol/records';
import type { KindInputs } from '../shared/inputs';
import type { IndexSpec } from './spec';

const schema = z.object({ dataset: datasetRecord });
export type IndexInputs = z.infer<typeof schema>;

export const indexInputs: KindInputs<IndexSpec, IndexInputs> = {
  schema,
  gather: async (store, { dataset }) => {
    await store.files.require('datasets', dataset);
    return { dataset: await store.datasets.get(dataset) };
  },
};
