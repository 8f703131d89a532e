import { z } from 'zod';
import { artifactName } from '../artifacts/store';

/** What a task is given that makes or judges piles with a base model. */
export const pilesInput = z.strictObject({
  model: artifactName,
  /** The model's first layers only. */
  proxyLayers: z.int().positive().optional(),
  /** Token sequences. */
  documents: artifactName,
  /** In the form that the task names. */
  settings: artifactName,
});

/** Piles in the form that the task names. */
export const pilesOutput = z.strictObject({ piles: artifactName });
