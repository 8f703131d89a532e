/** Every algorithm, as it speaks of itself. What each does is in `algorithms.ts` above. */
import type { AlgorithmData } from '../algorithm';
import { deData } from './de/settings';
import { gaData } from './ga/settings';
import { gpsData } from './gps/settings';
import { paraphraseData } from './paraphrase/settings';
import { randomData } from './random/settings';

/** In the order in which people are offered them; the last two are controls. */
export const algorithmData: readonly AlgorithmData[] = [gaData, deData, gpsData, randomData, paraphraseData];
