import type { Expression } from './expressions';
import type { Scope } from './scope';
import { type Named, Undefined, type Value } from './values';

export type Parameter = readonly [name: string, otherwise: Expression | undefined];

/** The scope of a macro's body. */
export function filled(
  macro: string,
  parameters: readonly Parameter[],
  scope: Scope,
  args: readonly Value[],
  named: Named,
): Scope {
  const known = new Set(parameters.map(([name]) => name));
  for (const [i, [name, otherwise]] of parameters.entries()) {
    const given = i < args.length ? args[i] : named.get(name);
    if (given !== undefined) scope.set(name, given);
    else
      scope.set(
        name,
        otherwise === undefined ? new Undefined(`parameter '${name}' was not provided`) : otherwise(scope),
      );
  }
  const more = [...named].filter(([name]) => !known.has(name) && name !== 'caller');
  if (args.length > parameters.length)
    throw new Error(`macro '${macro}' takes not more than ${parameters.length} argument(s)`);
  if (more.length > 0) throw new Error(`macro '${macro}' takes no keyword argument '${more[0][0]}'`);
  const caller = named.get('caller');
  if (!known.has('caller')) scope.set('caller', caller ?? new Undefined('No caller defined'));
  return scope;
}
