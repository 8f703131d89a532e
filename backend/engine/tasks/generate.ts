import { z } from 'zod';
import { float64s } from '../../base/bundle';
import { artifactName } from '../artifacts/store';
import type { InputOf, OutputOf, Task } from './task';
import { keptWeighting } from './weighting';

const input = z.strictObject({
  model: artifactName,
  /** A stack of adapters; the base model alone where there is none. */
  adapters: artifactName.optional(),
  /** How several experts are weighed; equally where nothing is given. */
  weighting: keptWeighting.optional(),
  /** Tokens as the model reads them. */
  prompt: z.array(z.int().nonnegative()).min(1),
  settings: z.strictObject({
    maxTokens: z.int().positive(),
    stop: z.array(z.string()),
    seed: z.int(),
    temperature: z.number().nonnegative(),
    topP: z.number().positive().max(1),
  }),
});

/** What came, token by token: the text that it added, and how much each expert had to say [k]. */
const output = z.strictObject({
  tokens: z.array(z.strictObject({ id: z.int(), text: z.string(), weights: float64s })),
});

/** The continuation of a prompt. */
export const generateTask = { name: 'generate', input, output, checkpoints: false } satisfies Task<unknown, unknown>;
export type GenerateInput = InputOf<typeof generateTask>;
export type GenerateOutput = OutputOf<typeof generateTask>;
