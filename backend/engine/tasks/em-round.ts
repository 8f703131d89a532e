import { z } from 'zod';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** The model's first layers only. */
  proxyLayers: z.int().positive().optional(),
  /** Token sequences: those that are split, and those that serve the figures of the rounds. */
  documents: artifactName,
  validation: artifactName,
  /** Settings of perplexity EM (`emSettings`). */
  settings: artifactName,
  /** What the round before left (`emState`); absent before the first. */
  state: artifactName.optional(),
});

/** What the next round begins with, or, after the last one, what was found (`emResult`). */
const output = z.union([z.strictObject({ state: artifactName }), z.strictObject({ result: artifactName })]);

/** One round of perplexity EM: experts judge documents, then learn from those that they were given. */
export const emRoundTask = { name: 'em-round', input, output, checkpoints: true } satisfies Task<unknown, unknown>;
export type EmRoundInput = InputOf<typeof emRoundTask>;
export type EmRoundOutput = OutputOf<typeof emRoundTask>;
