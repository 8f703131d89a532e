import type { z } from 'zod';
import { UserError } from '../../base/errors';
import { expertSetRecord } from '../../protocol/records';
import { gatherSplit, type KindInputs, earlierSplit, gatherExperts } from '../shared/inputs';
import { requireSide } from '../shared/held-out-side';
import type { MixSpec } from './spec';

const schema = earlierSplit.extend({ experts: expertSetRecord });
export type MixInputs = z.infer<typeof schema>;

export const mixInputs: KindInputs<MixSpec, MixInputs> = {
  schema,
  gather: async (store, { experts: id }) => {
    const experts = await gatherExperts(store, id);
    if (experts.clustering === undefined) {
      throw new UserError(
        `A mixer learns from the piles that its experts were trained on, and ${experts.name} belong to no split.`,
        'Let them answer with equal weights (polymath ask --uniform), or import them with --split.',
      );
    }
    const inputs = await gatherSplit(store, experts.clustering);
    await requireSide(store, inputs, 'validation', 'A mixer is fitted on');
    return { ...inputs, experts };
  },
};
