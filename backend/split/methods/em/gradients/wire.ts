/** What of piles by gradients goes from one process to another. */
import { z } from 'zod';
import { float32s, int32s } from '../../../../base/bundle';
import { group } from '../em-state';
import type { GradientPiles, GradientTask } from './run';

export const gradientSettings: z.ZodType<GradientTask['settings']> = z.strictObject({
  k: z.int().positive(),
  seed: z.int(),
  from: int32s.exactOptional(),
  groups: z.array(group).readonly().exactOptional(),
});

export const gradientPiles: z.ZodType<GradientPiles> = z.strictObject({
  assignments: int32s,
  posteriors: float32s,
});
