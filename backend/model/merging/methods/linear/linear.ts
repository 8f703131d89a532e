import { separately } from '../../factors';
import type { MergeRules } from '../../method';
import { summed } from '../../rule';

/** W + Σ weight · change: task arithmetic (Ilharco et al. 2023), exactly. */
export const linear: MergeRules = { deltas: () => summed, factors: () => separately(summed) };
