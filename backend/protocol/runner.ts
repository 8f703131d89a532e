/** Messages between the coordinator and the process of a run. */
import { z } from 'zod';
import { guideOffer } from './guide';
import { failure, runProgress } from './run';
import { tableOf } from '../base/table';

/** Coordinator to runner. */
export const toRunner = z.discriminatedUnion('type', [
  /** First of all: what the run is told beside what its folder says, because it may be written nowhere. */
  z.strictObject({ type: z.literal('begin'), guide: guideOffer.optional() }),
  /** Write a checkpoint and end. */
  z.strictObject({ type: z.literal('stop') }),
]);
export type ToRunner = z.infer<typeof toRunner>;

/** Runner to coordinator. */
export const fromRunner = z.discriminatedUnion('type', [
  /** What went in, by content hash; the coordinator keeps the first answer. */
  z.strictObject({ type: z.literal('inputs'), inputs: tableOf(z.string()) }),
  z.strictObject({
    type: z.literal('progress'),
    progress: runProgress.omit({ rate: true, secondsLeft: true, whole: true }),
  }),
  /** The outcome lies in the run's folder, whole. `tokens` were worked on by this attempt; memory in MiB. */
  z.strictObject({ type: z.literal('finished'), tokens: z.number(), memory: z.number() }),
  /** It ended because it was asked to. */
  z.strictObject({ type: z.literal('stopped') }),
  failure.extend({ type: z.literal('failed') }),
]);
export type FromRunner = z.infer<typeof fromRunner>;
