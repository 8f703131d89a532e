import { z } from 'zod';
import { float32s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** A stack of k adapters. */
  adapters: artifactName,
  /** Token sequences. */
  texts: artifactName,
  /** Of each text the places of tokens after which hidden states are read, packed like the texts. */
  positions: artifactName,
});

/** Hidden states after the final norm [k, positions of all texts, D]. */
const output = z.strictObject({ hidden: float32s });

/** What each expert makes of texts at chosen places: probes learn from that. */
export const probeFeaturesTask = { name: 'probe-features', input, output, checkpoints: false } satisfies Task<
  unknown,
  unknown
>;
export type ProbeFeaturesInput = InputOf<typeof probeFeaturesTask>;
export type ProbeFeaturesOutput = OutputOf<typeof probeFeaturesTask>;
