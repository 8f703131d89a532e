/** Reading the fields of a `config.json`. */
import { z } from 'zod';
import { UserError } from '../../base/errors';
import { firstFault } from '../../base/issues';

export const size = z
  .int()
  .positive()
  .max(2 ** 24);

/** What `schema` says of a `config.json`. Throws UserError where it says something else. */
export function parseFields<T>(schema: z.ZodType<T>, json: unknown, path: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UserError(`${path} does not describe a model: ${firstFault(parsed.error)}`, 'Fetch the model again.');
}

/** The error for a setting that is not computed here. */
export function unsupported(path: string, field: string, value: unknown): UserError {
  return new UserError(
    `${path}: ${field} is ${JSON.stringify(value)}, which is not supported.`,
    'Use a model without it, or a variant of this one.',
  );
}

/** The error for settings that contradict each other. */
export function contradiction(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}.`, 'Fetch the model again.');
}
