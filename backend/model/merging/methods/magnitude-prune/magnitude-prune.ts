import { separately } from '../../factors';
import type { MergeRules } from '../../method';
import { summed, thinned } from '../../rule';
import { trimmed } from '../../thinning';

/** The largest changes of each expert, added: TIES without its election, PEFT's `magnitude_prune`. */
export const magnitudePrune: MergeRules = {
  deltas: ({ density }) => thinned(trimmed(density), summed),
  factors: ({ density }) => separately(thinned(trimmed(density), summed)),
};
