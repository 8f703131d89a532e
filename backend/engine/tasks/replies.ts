import { z } from 'zod';
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
  questions: z.array(z.string()).min(1),
  /** Tokens of a reply, at most. */
  maxTokens: z.int().positive(),
});

const output = z.strictObject({
  replies: z.array(
    z.strictObject({
      text: z.string(),
      /** Whether the question lost its beginning to fit the model. */
      cut: z.boolean(),
      /** Tokens that went through the model for it. */
      read: z.int().nonnegative(),
    }),
  ),
});

/** What one judge writes in answer to questions: the most probable text, token by token. */
export const repliesTask = { name: 'replies', input, output, checkpoints: false } satisfies Task<unknown, unknown>;
export type RepliesInput = InputOf<typeof repliesTask>;
export type RepliesOutput = OutputOf<typeof repliesTask>;
