/** Arguments by their names. */
import type { Named, Value } from './values';

/** What was given for each parameter, by place or by name. Throws for too many, and for names that there are not. */
export function bind(
  name: string,
  parameters: readonly string[],
  args: readonly Value[],
  named: Named,
): Record<string, Value | undefined> {
  if (args.length > parameters.length) {
    throw new Error(`${name}() takes at most ${parameters.length} arguments, not ${args.length}`);
  }
  const given: Record<string, Value | undefined> = {};
  for (const [i, value] of args.entries()) given[parameters[i]] = value;
  for (const [key, value] of named) {
    if (!parameters.includes(key)) throw new Error(`${name}() got an unexpected keyword argument '${key}'`);
    if (given[key] !== undefined) throw new Error(`${name}() got multiple values for argument '${key}'`);
    given[key] = value;
  }
  return given;
}
