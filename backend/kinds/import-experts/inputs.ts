import { z } from 'zod';
import { splitRecord } from '../../protocol/records';
import type { KindInputs } from '../shared/inputs';
import type { ImportExpertsSpec } from './spec';

const schema = z.object({ clustering: splitRecord.optional() });
export type ImportExpertsInputs = z.infer<typeof schema>;

export const importExpertsInputs: KindInputs<ImportExpertsSpec, ImportExpertsInputs> = {
  schema,
  gather: async (store, { split }) => (split === undefined ? {} : { clustering: await store.splits.get(split) }),
};
