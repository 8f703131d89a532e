import { z } from 'zod';
import { float32s, float64s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';
import { keptWeighting } from './weighting';

const input = z.strictObject({
  model: artifactName,
  /** A stack of adapters; the base model alone where there is none. */
  adapters: artifactName.optional(),
  /** A weighting that reads more than losses and texts. */
  weighting: keptWeighting.optional(),
  /** Token sequences. */
  texts: artifactName,
  /** Each text is one stretch, however long it is. */
  whole: z.literal(true).optional(),
});

/**
 * One stretch of a text: nats [k, n] and, where a weighting was given, what it keeps of hidden states [k, n], and what each token costs under
 * what it makes of the experts [n, 6] where that is no mixture.
 */
const stretch = z.strictObject({
  nll: float32s,
  opinions: float32s.exactOptional(),
  spoken: float64s.exactOptional(),
});
/** The stretches of each text of the shard. */
const output = z.strictObject({ texts: z.array(z.array(stretch)) });

/** Scores a shard of documents under the base model or a stack of adapters, with what a weighting needs beside losses where one is given. */
export const scoreTask = { name: 'score', input, output, checkpoints: false } satisfies Task<unknown, unknown>;
export type ScoreInput = InputOf<typeof scoreTask>;
export type ScoreOutput = OutputOf<typeof scoreTask>;
