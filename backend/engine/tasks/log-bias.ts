import { pilesInput, pilesOutput } from './piles-input';
import type { InputOf, OutputOf, Task } from './task';

/** Piles found by experts of a log-bias each, from their random start to the end. Reads `logBiasSettings`, writes `logBiasPiles`. */
export const logBiasTask = {
  name: 'log-bias',
  input: pilesInput,
  output: pilesOutput,
  checkpoints: true,
} satisfies Task<unknown, unknown>;
export type LogBiasInput = InputOf<typeof logBiasTask>;
export type LogBiasOutput = OutputOf<typeof logBiasTask>;
