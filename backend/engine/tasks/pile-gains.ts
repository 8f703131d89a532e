import { z } from 'zod';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** The model's first layers only. */
  proxyLayers: z.int().positive().optional(),
  /** Token sequences: those that are in piles, and those by which piles are compared. */
  documents: artifactName,
  validation: artifactName,
  /** `pilesToCompare`. */
  settings: artifactName,
});

/** `pileGains`. */
const output = z.strictObject({ gains: artifactName });

/** How likely mixtures of log-bias experts that learn from these piles make held-out documents. */
export const pileGainsTask = { name: 'pile-gains', input, output, checkpoints: true } satisfies Task<unknown, unknown>;
export type PileGainsInput = InputOf<typeof pileGainsTask>;
export type PileGainsOutput = OutputOf<typeof pileGainsTask>;
