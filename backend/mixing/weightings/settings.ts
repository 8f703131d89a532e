/** Every weighting, as it speaks of itself. What each does is in `weightings.ts` above. */
import type { WeightingData } from '../weighting';
import { bestSingleData } from './best-single/settings';
import { centroidData } from './centroid/settings';
import { posteriorData } from './posterior/settings';
import { probeData } from './probe/settings';
import { uniformData } from './uniform/settings';

/** In the order in which people are offered them. */
export const weightingData: readonly WeightingData[] = [
  probeData,
  uniformData,
  bestSingleData,
  posteriorData,
  centroidData,
];
