import { separately } from '../factors';
import type { MergeMethod } from '../method';
import { summed } from '../rule';

/** W + Σ weight · change: task arithmetic (Ilharco et al. 2023), exactly. */
export const linear: MergeMethod = {
  label: 'Weighted sum',
  takes: [],
  on: { deltas: () => summed, factors: () => separately(summed) },
};
