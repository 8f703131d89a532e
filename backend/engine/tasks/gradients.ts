import { pilesInput, pilesOutput } from './piles-input';
import type { InputOf, OutputOf, Task } from './task';

/** Piles of documents by their gradients. Reads `gradientSettings`, writes `gradientPiles`. */
export const gradientsTask = {
  name: 'gradients',
  input: pilesInput,
  output: pilesOutput,
  checkpoints: true,
} satisfies Task<unknown, unknown>;
export type GradientsInput = InputOf<typeof gradientsTask>;
export type GradientsOutput = OutputOf<typeof gradientsTask>;
