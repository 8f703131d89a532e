import { z } from 'zod';
import { float64s } from '../../base/bundle';
import { scheduleNames } from '../../train/schedules';
import type { TrainingSettings } from '../../train/settings';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const positive = z.int().positive();
const share = z.number().min(0).max(1);

const lora = z.strictObject({
  rank: positive,
  alpha: z.number().positive(),
  rankStabilised: z.boolean().exactOptional(),
  targets: z.union([z.literal('all-linear'), z.array(z.string()).readonly()]),
  layers: positive.exactOptional(),
});

const adamW = z.strictObject({
  beta1: share,
  beta2: share,
  epsilon: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  clipNorm: z.number().positive(),
});

const settings: z.ZodType<TrainingSettings> = z.strictObject({
  expert: z.union([lora, z.literal('full')]),
  dropout: share,
  optimizer: adamW,
  learningRate: z.number().positive(),
  schedule: z.enum(scheduleNames),
  warmup: share,
  seedShare: share,
  rows: positive,
  context: positive,
  accumulation: positive,
  packing: z.boolean(),
  documentTokens: positive,
  seed: z.int(),
});

/** Texts that experts are measured on while they learn, one list of token sequences per pile. */
const validation = z.strictObject({ piles: artifactName, every: positive, patience: positive.optional() }).optional();

const input = z.strictObject({
  model: artifactName,
  /** One list of texts per pile. */
  piles: artifactName,
  /** What the experts are called where curves and messages tell of one; A, B, … where nothing is said. */
  letters: z.array(z.string()).optional(),
  /** Training tokens of all experts together. */
  tokens: z.number().positive(),
  settings,
  /**
   * What the experts branch from: a stack of one adapter. Where there is none, they first learn what they have in common
   * (`seedShare`). `base`: from the base model, without anything in common.
   */
  from: z.union([artifactName, z.literal('base')]).optional(),
  validation,
  /** One of several experts that learn apart, with the one pile that is given here: its number among them, and how many have texts. */
  one: z.strictObject({ number: z.int().nonnegative(), living: positive }).optional(),
  /** Whether rates around that of the settings are tried first, and the best of them is taken. */
  searchRate: z.boolean().optional(),
});

const output = z.strictObject({
  /** The stack of experts, k side by side. */
  experts: artifactName,
  /** Tokens that were trained on. */
  tokens: z.number(),
  /** The last losses [k], nats per token. */
  losses: float64s,
  /** The peak that was trained with. */
  learningRate: z.number(),
  /** Rates that were tried before, the best first, with nats per token on validation texts. */
  tried: z.array(z.strictObject({ rate: z.number(), loss: z.number() })).optional(),
  /** Nats per token [k] on the texts that were held out, NaN for an expert that has none. */
  validation: z.strictObject({ base: float64s, experts: float64s }).optional(),
});

/** Trains one expert per pile, side by side, each on as many tokens. */
export const trainTask = { name: 'train', input, output, checkpoints: true } satisfies Task<unknown, unknown>;
export type TrainInput = InputOf<typeof trainTask>;
export type TrainOutput = OutputOf<typeof trainTask>;
