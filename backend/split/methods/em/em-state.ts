/**
 * What of perplexity EM goes from one process to another: its settings, its state at a moment of its rounds, with which the work goes on
 * to the same bits, and its result.
 */
import { z } from 'zod';
import { anyNumber, float32s, float64s, int32s } from '../../../base/bundle';
import type { RoundFigures } from '../../result';
import type { PerplexityEmSettings } from './perplexity-settings';

const roundFigures: z.ZodType<RoundFigures> = z.strictObject({
  round: z.int().positive(),
  judged: z.int().exactOptional(),
  logLikelihood: anyNumber.exactOptional(),
  entropy: anyNumber.exactOptional(),
  beta: anyNumber.exactOptional(),
  trainLoss: anyNumber.exactOptional(),
  validationLoss: anyNumber.exactOptional(),
  churn: anyNumber,
  shares: z.array(anyNumber).readonly(),
  dead: z.int(),
});

/** Documents, their piles, and how far the rounds are: all that changes but for what the experts learned. */
const evidence = z.object({
  beta: z.union([z.number(), z.literal('literal')]),
  relaxed: z.number().exactOptional(),
  biases: float64s.exactOptional(),
});

const progress = z.object({
  /** Rounds that are finished. */
  round: z.int().nonnegative(),
  /** The phase of the round in progress, how many of its parts are done, and the sum of their losses. */
  phase: z.int().nonnegative(),
  done: z.int().nonnegative(),
  total: anyNumber,
  /** The pile of each document [N]. */
  assignments: int32s,
  /** The piles as the round found them [N]. */
  before: int32s,
  /** Which half each document is in [N]: that half's experts learn from it, the other's judge it. */
  fold: int32s,
  /** The order of the documents in a round of blocks [N]. */
  order: int32s,
  /** Nats of the documents judged last under each expert [documents, k]. */
  losses: float64s,
  /** What they were worth when documents were given piles last. */
  evidence,
  /** The round whose experts predicted documents best that they did not learn from: their nats per token, and what it found. */
  best: z
    .object({ round: z.int().positive(), loss: anyNumber, losses: float64s, evidence, assignments: int32s })
    .exactOptional(),
  /** Steps of training that were made. */
  steps: z.int().nonnegative(),
  /** Nats per token of the training done last. */
  trainLoss: anyNumber,
  rounds: z.array(roundFigures),
  /** P(e|d) as each round saw it, at the round's β [N, k]. */
  history: z.array(float32s),
});
export type EmProgress = z.infer<typeof progress>;

export const emState = z.strictObject({
  progress,
  /** What the experts learned, as they keep it. */
  optimizer: z.unknown(),
  /** Where the random numbers stand. */
  random: z.array(z.number()).readonly(),
});
export type EmState = z.infer<typeof emState>;

const capacity = z.union([z.number().positive(), z.literal('sinkhorn'), z.literal('off')]);
export const group = z.strictObject({
  rows: z.array(z.int()).readonly(),
  name: z.string(),
  pile: z.int().exactOptional(),
  apart: z.array(z.int()).readonly(),
});
const lora = z.strictObject({
  rank: z.int().positive(),
  alpha: z.number().positive(),
  targets: z.union([z.literal('all-linear'), z.array(z.string()).readonly()]),
  layers: z.int().positive().exactOptional(),
});

export const emSettingsSchema: z.ZodType<PerplexityEmSettings> = z.strictObject({
  k: z.int().positive(),
  seed: z.int(),
  prefix: z.int().positive(),
  rounds: z.int().positive(),
  settled: z.number(),
  beta: z.union([z.literal(['literal', 'measured', 'relaxed']), z.tuple([z.number(), z.number()]).readonly()]),
  capacity,
  block: z.int().positive().exactOptional(),
  folds: z.union([z.literal(1), z.literal(2)]),
  commonTokens: z.number().nonnegative(),
  tokensPerRound: z.number().positive(),
  learningRate: z.number().positive(),
  expert: z.union([lora, z.literal('full')]),
  start: z.strictObject({ assignments: int32s, posteriors: float32s.exactOptional() }).exactOptional(),
  groups: z.array(group).readonly().exactOptional(),
});

export interface PerplexityEmResult {
  /** The pile of each document [N]: the expert with the highest posterior. */
  readonly assignments: Int32Array;
  /** P(e|d) at β = 1 under the final experts [N, k]. */
  readonly posteriors: Float64Array;
  /** Documents that fit no pile, see `outliers.ts`. */
  readonly outliers: readonly number[];
  readonly rounds: readonly RoundFigures[];
  /** P(e|d) as each round saw it, at the round's β [N, k]. */
  readonly history: readonly Float32Array[];
  /** −ln p(prefix) under the mixture of the final experts that did not learn from it: nats per token. */
  readonly loss: number;
}

export const emResult: z.ZodType<PerplexityEmResult> = z.strictObject({
  assignments: int32s,
  posteriors: float64s,
  outliers: z.array(z.int()).readonly(),
  rounds: z.array(roundFigures).readonly(),
  history: z.array(float32s).readonly(),
  loss: anyNumber,
});

/** Before the first round. */
export function newProgress(assignments: Int32Array, fold: Int32Array): EmProgress {
  return {
    round: 0,
    phase: 0,
    done: 0,
    total: 0,
    assignments,
    before: assignments,
    fold,
    order: new Int32Array(0),
    losses: new Float64Array(0),
    evidence: { beta: 1 },
    steps: 0,
    trainLoss: Number.NaN,
    rounds: [],
    history: [],
  };
}
