/** Every weighting, as it speaks of itself. What each does is in `weightings.ts` above. */
import type { WeightingData } from '../weighting';
import { bestByValidationData } from './best-by-validation/settings';
import { bestSingleData } from './best-single/settings';
import { centroidData } from './centroid/settings';
import { combinedData } from './combined/settings';
import { contrastData } from './contrast/settings';
import { posteriorData } from './posterior/settings';
import { probeData } from './probe/settings';
import { recentData } from './recent/settings';
import { uniformData } from './uniform/settings';

/** In the order in which people are offered them. */
export const weightingData: readonly WeightingData[] = [
  contrastData,
  recentData,
  combinedData,
  probeData,
  posteriorData,
  bestSingleData,
  bestByValidationData,
  centroidData,
  uniformData,
];

/** What people call the weighting of this name; the name itself where none has it. */
export const weightingLabel = (name: string): string => weightingData.find((one) => one.name === name)?.label ?? name;
