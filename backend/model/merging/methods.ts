/** Every way to merge experts, with what it does. What each says of itself is in `settings.ts`. */
import type { MergeRules } from './method';
import { concatenation } from './methods/concatenation/concatenation';
import { dareLinear } from './methods/dare-linear/dare-linear';
import { dareTies } from './methods/dare-ties/dare-ties';
import { linear } from './methods/linear/linear';
import { magnitudePrune } from './methods/magnitude-prune/magnitude-prune';
import { slerp } from './methods/slerp/slerp';
import { ties } from './methods/ties/ties';
import type { MergeName } from './settings';

export const mergeRules: Readonly<Record<MergeName, MergeRules>> = {
  linear,
  cat: concatenation,
  ties,
  'dare-linear': dareLinear,
  'dare-ties': dareTies,
  'magnitude-prune': magnitudePrune,
  slerp,
};
