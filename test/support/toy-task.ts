import { z } from 'zod';
import { artifactName } from '../../backend/engine/artifacts/store';
import type { Task } from '../../backend/engine/tasks/task';

/** Counts a word in a text. */
export const countTask = {
  name: 'count',
  input: z.strictObject({ text: artifactName, word: z.string() }),
  output: z.strictObject({ count: z.int() }),
  checkpoints: false,
} satisfies Task<unknown, unknown>;
