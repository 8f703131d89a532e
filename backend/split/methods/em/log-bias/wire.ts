/** What of log-bias experts goes from one process to another: their settings, the piles that were found, and what piles are worth. */
import { z } from 'zod';
import { anyNumber, float32s, float64s, int32s } from '../../../../base/bundle';
import { group } from '../em-state';
import type { PileGains, PilesToCompare } from './gains';
import type { LogBiasPiles, LogBiasTask } from './run';

export const logBiasSettings: z.ZodType<LogBiasTask['settings']> = z.strictObject({
  k: z.int().positive(),
  seed: z.int(),
  starts: z.int().positive(),
  from: int32s.exactOptional(),
  groups: z.array(group).readonly().exactOptional(),
});

export const logBiasPiles: z.ZodType<LogBiasPiles> = z.strictObject({
  assignments: int32s,
  posteriors: float32s,
  gain: anyNumber,
  learned: z.int().nonnegative(),
});

export const pilesToCompare: z.ZodType<PilesToCompare['settings']> = z.strictObject({
  k: z.int().positive(),
  seed: z.int(),
  piles: z.array(int32s).readonly(),
});

export const pileGains: z.ZodType<PileGains> = z.strictObject({
  gains: z.array(float64s).readonly(),
  tokens: anyNumber,
});
