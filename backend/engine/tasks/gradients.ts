import { z } from 'zod';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** The model's first layers only. */
  proxyLayers: z.int().positive().optional(),
  /** Token sequences. */
  documents: artifactName,
  /** `gradientSettings`. */
  settings: artifactName,
});

/** `gradientPiles`. */
const output = z.strictObject({ piles: artifactName });

/** Piles of documents by their gradients. */
export const gradientsTask = { name: 'gradients', input, output, checkpoints: true } satisfies Task<unknown, unknown>;
export type GradientsInput = InputOf<typeof gradientsTask>;
export type GradientsOutput = OutputOf<typeof gradientsTask>;
