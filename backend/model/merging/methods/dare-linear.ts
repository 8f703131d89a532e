import { separately } from '../factors';
import type { MergeMethod } from '../method';
import { summed, thinned } from '../rule';
import { dropped } from '../thinning';

/** DARE (Yu et al. 2023): drops changes at random, rescales those that stay, and adds them. */
export const dareLinear: MergeMethod = {
  label: 'DARE',
  takes: ['density', 'seed'],
  on: {
    deltas: ({ density }) => thinned(dropped(density), summed),
    factors: ({ density }) => separately(thinned(dropped(density), summed)),
  },
};
