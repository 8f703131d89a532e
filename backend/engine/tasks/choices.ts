import { z } from 'zod';
import { float64s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import { judge } from './judge';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** A stack of adapters; the base model alone where there is none. */
  adapters: artifactName.optional(),
  judge,
  /** Which of the ways to put a question, see `council/questions`. */
  frame: z.int().nonnegative(),
  questions: z.array(z.strictObject({ question: z.string(), choices: z.array(z.string()).min(1) })).min(1),
});

const output = z.strictObject({
  questions: z.array(
    z.strictObject({
      /** [choices]: nats of each choice as the answer, and its tokens. */
      nats: float64s,
      tokens: float64s,
      /** Whether the question lost its beginning to fit the model. */
      cut: z.boolean(),
      /** Tokens that went through the model for it: of a prompt those that it has not in common with the one before. */
      read: z.int().nonnegative(),
    }),
  ),
});

/** How probable each choice of each question is, as one judge finds it. */
export const choicesTask = { name: 'choices', input, output, checkpoints: false } satisfies Task<unknown, unknown>;
export type ChoicesInput = InputOf<typeof choicesTask>;
export type ChoicesOutput = OutputOf<typeof choicesTask>;
