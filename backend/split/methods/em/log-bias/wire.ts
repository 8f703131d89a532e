/** What of log-bias experts goes from one process to another: their settings, and the piles that were found. */
import { z } from 'zod';
import { anyNumber, float32s, int32s } from '../../../../base/bundle';
import { group } from '../em-state';
import type { LogBiasPiles, LogBiasTask } from './run';

export const logBiasSettings: z.ZodType<LogBiasTask['settings']> = z.strictObject({
  k: z.int().positive(),
  seed: z.int(),
  starts: z.int().positive(),
  from: int32s.exactOptional(),
  others: z.array(int32s).readonly().exactOptional(),
  groups: z.array(group).readonly().exactOptional(),
});

export const logBiasPiles: z.ZodType<LogBiasPiles> = z.strictObject({
  assignments: int32s,
  posteriors: float32s,
  gain: anyNumber,
  heldOut: anyNumber,
  heldOutOfOthers: z.array(anyNumber).readonly(),
  learned: z.int().nonnegative(),
});
