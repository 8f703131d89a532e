import { z } from 'zod';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** The model's first layers only. */
  proxyLayers: z.int().positive().optional(),
  /** Token sequences. */
  documents: artifactName,
  /** `logBiasSettings`. */
  settings: artifactName,
});

/** `logBiasPiles`. */
const output = z.strictObject({ piles: artifactName });

/** Piles found by experts of a log-bias each, from their random start to the end. */
export const logBiasTask = { name: 'log-bias', input, output, checkpoints: true } satisfies Task<unknown, unknown>;
export type LogBiasInput = InputOf<typeof logBiasTask>;
export type LogBiasOutput = OutputOf<typeof logBiasTask>;
