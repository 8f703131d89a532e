/** Every way to merge experts, as it speaks of itself. What each does is in `methods.ts` above. */
import type { MergeData } from './method';
import { concatenationData } from './methods/concatenation/settings';
import { dareLinearData } from './methods/dare-linear/settings';
import { dareTiesData } from './methods/dare-ties/settings';
import { linearData } from './methods/linear/settings';
import { magnitudePruneData } from './methods/magnitude-prune/settings';
import { slerpData } from './methods/slerp/settings';
import { tiesData } from './methods/ties/settings';

/** In the order in which people are offered them. */
export const mergeData = {
  linear: linearData,
  cat: concatenationData,
  ties: tiesData,
  'dare-linear': dareLinearData,
  'dare-ties': dareTiesData,
  'magnitude-prune': magnitudePruneData,
  slerp: slerpData,
} as const satisfies Readonly<Record<string, MergeData>>;

export type MergeName = keyof typeof mergeData;
