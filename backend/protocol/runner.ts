/** Messages between the coordinator and the process of a run. */
import { z } from 'zod';
import { failure, runProgress } from './run';

/** Coordinator to runner: write a checkpoint and end. */
export const stopRun = z.strictObject({ type: z.literal('stop') });

/** Runner to coordinator. */
export const fromRunner = z.discriminatedUnion('type', [
  /** What went in, by content hash; the coordinator keeps the first answer. */
  z.strictObject({ type: z.literal('inputs'), inputs: z.record(z.string(), z.string()) }),
  z.strictObject({ type: z.literal('progress'), progress: runProgress.omit({ rate: true, secondsLeft: true }) }),
  /** The outcome lies in the run's folder, whole. `tokens` were worked on by this attempt; memory in MiB. */
  z.strictObject({ type: z.literal('finished'), tokens: z.number(), memory: z.number() }),
  /** It ended because it was asked to. */
  z.strictObject({ type: z.literal('stopped') }),
  failure.extend({ type: z.literal('failed') }),
]);
export type FromRunner = z.infer<typeof fromRunner>;
