import { separately } from '../../factors';
import type { MergeRules } from '../../method';
import { summed, thinned } from '../../rule';
import { dropped } from '../../thinning';

/** DARE (Yu et al. 2023): drops changes at random, rescales those that stay, and adds them. */
export const dareLinear: MergeRules = {
  deltas: ({ density }) => thinned(dropped(density), summed),
  factors: ({ density }) => separately(thinned(dropped(density), summed)),
};
