import { z } from 'zod';
import { float32s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** A stack of adapters; the base model alone where there is none. */
  adapters: artifactName.optional(),
  /** A mixer's probes. */
  probes: artifactName.optional(),
  /** Token sequences. */
  texts: artifactName,
});

/** One stretch of a text: nats [k, n] and, where probes were given, their logits [k, n]. */
const stretch = z.strictObject({ nll: float32s, logits: float32s.exactOptional() });
/** The stretches of each text of the shard. */
const output = z.strictObject({ texts: z.array(z.array(stretch)) });

/** Scores a shard of documents under the base model or a stack of adapters, with the probes' opinions where there are any. */
export const scoreTask = { name: 'score', input, output, checkpoints: false } satisfies Task<unknown, unknown>;
export type ScoreInput = InputOf<typeof scoreTask>;
export type ScoreOutput = OutputOf<typeof scoreTask>;
