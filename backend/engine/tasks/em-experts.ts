/** Experts of perplexity EM that learn and judge apart from each other: what a round is made of where several machines take part. */
import { z } from 'zod';
import { float64s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

/** A stack of one, and how its training stands; absent before it has learned anything. */
export const emExpert = z.strictObject({ stack: artifactName, training: artifactName.exactOptional() });
export type EmExpert = z.infer<typeof emExpert>;

const learnInput = z.strictObject({
  model: artifactName,
  /** Settings of perplexity EM (`emSettings`). */
  settings: artifactName,
  expert: emExpert,
  /** Token sequences to learn from; none for an expert without a pile. */
  texts: artifactName,
  /** The share of all documents that the round has, and steps that were made before it. */
  share: z.number().positive(),
  before: z.int().nonnegative(),
});

const learnOutput = z.strictObject({
  expert: emExpert,
  /** Nats per token of each step; NaN where there are no texts. */
  losses: float64s,
});

/** One expert's part of an M-step. */
export const emLearnTask = {
  name: 'em-learn',
  input: learnInput,
  output: learnOutput,
  checkpoints: true,
} satisfies Task<unknown, unknown>;
export type EmLearnInput = InputOf<typeof emLearnTask>;
export type EmLearnOutput = OutputOf<typeof emLearnTask>;

const judgeInput = z.strictObject({
  model: artifactName,
  /** Stacks of one, side by side in this order. */
  experts: z.array(artifactName).min(1),
  /** Token sequences. */
  texts: artifactName,
});

/** Nats of each whole sequence under each expert [sequences, k]. */
const judgeOutput = z.strictObject({ nats: float64s });

/** A shard of an E-step. */
export const emJudgeTask = {
  name: 'em-judge',
  input: judgeInput,
  output: judgeOutput,
  checkpoints: false,
} satisfies Task<unknown, unknown>;
export type EmJudgeInput = InputOf<typeof emJudgeTask>;
export type EmJudgeOutput = OutputOf<typeof emJudgeTask>;
