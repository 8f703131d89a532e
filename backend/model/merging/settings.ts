/** Every way to merge experts, by its name. */
import type { Ground, MergeMethod } from './method';
import { concatenation } from './methods/concatenation';
import { dareLinear } from './methods/dare-linear';
import { dareTies } from './methods/dare-ties';
import { linear } from './methods/linear';
import { magnitudePrune } from './methods/magnitude-prune';
import { slerp } from './methods/slerp';
import { ties } from './methods/ties';

/** In the order in which people are offered them. */
export const mergeMethods = {
  linear,
  cat: concatenation,
  ties,
  'dare-linear': dareLinear,
  'dare-ties': dareTies,
  'magnitude-prune': magnitudePrune,
  slerp,
} as const satisfies Readonly<Record<string, MergeMethod>>;

const grounds = ['weights', 'deltas', 'factors'] as const satisfies readonly Ground[];

/** What a method can work on; the first is where it works by default. */
export const groundsOf = ({ on }: MergeMethod): readonly Ground[] =>
  grounds.filter((ground) => on[ground] !== undefined);
