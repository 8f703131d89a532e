import { z } from 'zod';
import { UserError } from '../../base/errors';
import { type ExpertSetRecord, expertSetRecord } from '../../protocol/records';
import type { Store } from '../../store/store';
import { datasetInputs, gatherDataset, type KindInputs, gatherExperts } from '../shared/inputs';
import { requireSide } from '../shared/held-out-side';
import type { EvaluateSpec } from './spec';

const schema = datasetInputs.extend({
  experts: expertSetRecord,
  /** Of the mixer. */
  weights: z.unknown().optional(),
});
export type EvaluateInputs = z.infer<typeof schema>;

export const evaluateInputs: KindInputs<EvaluateSpec, EvaluateInputs> = {
  schema,
  gather: async (store, spec) => {
    const experts = await gatherExperts(store, spec.experts);
    const inputs = { ...(await gatherDataset(store, await datasetOf(store, experts, spec.dataset))), experts };
    await requireSide(store, inputs, 'test', 'Experts are judged on');
    if (spec.mixer === undefined) return inputs;
    const mixer = await store.mixers.get(spec.mixer);
    if (mixer.experts === experts.id) return { ...inputs, weights: await store.mixers.weights(mixer.id) };
    throw new UserError(
      `The mixer ${mixer.id} weighs other experts than ${experts.id}.`,
      'Train a mixer: polymath mix.',
    );
  },
};

async function datasetOf(store: Store, experts: ExpertSetRecord, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  if (experts.clustering !== undefined) return (await store.splits.get(experts.clustering)).dataset;
  throw new UserError(
    `${experts.name} belong to no split, so no dataset is theirs.`,
    'Name a dataset to judge them on.',
  );
}
