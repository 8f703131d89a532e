import { elected } from '../../election';
import { separately } from '../../factors';
import type { MergeRules } from '../../method';
import { thinned } from '../../rule';
import { trimmed } from '../../thinning';

/**
 * TIES (Yadav et al. 2023): trims what each expert changes, elects a sign for each number, and takes the mean of those that agree. On
 * deltas as mergekit, where weights vote; on factors as PEFT, which divides by the number of those that agree.
 */
export const ties: MergeRules = {
  deltas: ({ density, sign }) => thinned(trimmed(density), elected({ sign, weighted: true, per: 'weight' })),
  factors: ({ density, sign }) =>
    separately(thinned(trimmed(density), elected({ sign, weighted: false, per: 'expert' }))),
};
