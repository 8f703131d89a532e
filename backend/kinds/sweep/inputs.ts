import { z } from 'zod';
import { splitRecord } from '../../protocol/records';
import { datasetInputs, gatherDataset, type KindInputs, linksSchema, linksOf } from '../shared/inputs';
import { quickUse, requireSide } from '../shared/held-out-side';
import type { SweepSpec } from './spec';

const schema = datasetInputs.extend({
  links: linksSchema,
  /** Splits of the dataset that are there: one of the same name is not made again. */
  known: z.array(splitRecord),
});
export type SweepInputs = z.infer<typeof schema>;

const mostSplits = 10_000;

export const sweepInputs: KindInputs<SweepSpec, SweepInputs> = {
  schema,
  gather: async (store, { dataset, quickTokens }) => {
    const inputs = await gatherDataset(store, dataset);
    if (quickTokens !== undefined) await requireSide(store, inputs, 'validation', quickUse);
    const known = (await store.splits.list({ dataset, offset: 0, limit: mostSplits })).items;
    return { ...inputs, ...(await linksOf(store, dataset)), known };
  },
};
