import { elected } from '../../election';
import { separately } from '../../factors';
import type { MergeRules } from '../../method';
import { thinned } from '../../rule';
import { dropped } from '../../thinning';

/**
 * DARE's drops, then TIES's election of signs. On deltas as mergekit, which adds those that agree and divides by nothing; on factors as
 * PEFT, which divides by their number.
 */
export const dareTies: MergeRules = {
  deltas: ({ density, sign }) => thinned(dropped(density), elected({ sign, weighted: true, per: 'nothing' })),
  factors: ({ density, sign }) =>
    separately(thinned(dropped(density), elected({ sign, weighted: false, per: 'expert' }))),
};
