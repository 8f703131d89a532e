import { z } from 'zod';
import { float64s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';

const input = z.strictObject({
  model: artifactName,
  /** Token sequences. */
  texts: artifactName,
});

/** Means over each text [texts, D]. */
const output = z.strictObject({ means: float64s });

/** What the base model's last hidden states are in the mean of each text: splits by hidden states begin with that. */
export const meanStatesTask = { name: 'mean-states', input, output, checkpoints: false } satisfies Task<
  unknown,
  unknown
>;
export type MeanStatesInput = InputOf<typeof meanStatesTask>;
export type MeanStatesOutput = OutputOf<typeof meanStatesTask>;
