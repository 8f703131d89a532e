import { separately } from '../factors';
import type { MergeMethod } from '../method';
import { summed, thinned } from '../rule';
import { trimmed } from '../thinning';

/** The largest changes of each expert, added: TIES without its election, PEFT's `magnitude_prune`. */
export const magnitudePrune: MergeMethod = {
  label: 'Largest changes',
  takes: ['density'],
  density: 0.2,
  on: {
    deltas: ({ density }) => thinned(trimmed(density), summed),
    factors: ({ density }) => separately(thinned(trimmed(density), summed)),
  },
};
