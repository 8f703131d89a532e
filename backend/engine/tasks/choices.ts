import { z } from 'zod';
import { float64s } from '../../base/bundle';
import { procedureName } from '../../protocol/councils';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';
import { keptWeighting } from './weighting';

const position = z.int().nonnegative();

/** Who judges choices: positions are those of experts in the stack. */
const judge = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('base'), role: z.string(), instruction: z.string() }),
  z.strictObject({ kind: z.literal('expert'), index: position, role: z.string(), instruction: z.string() }),
  /** All experts, token by token; equally where no weighting is given. */
  z.strictObject({ kind: z.literal('mixture'), weighting: keptWeighting.optional() }),
  z.strictObject({
    kind: z.literal('council'),
    members: z.array(z.strictObject({ index: position, role: z.string() })).min(1),
    instruction: z.string(),
    procedure: procedureName.optional(),
  }),
]);

const input = z.strictObject({
  model: artifactName,
  /** A stack of adapters; the base model alone where there is none. */
  adapters: artifactName.optional(),
  judge,
  /** Which of the ways to put a question, see `council/questions`. */
  frame: position,
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
