/** The `loop` of a `for`. */
import { comparisons } from './operators';
import { type Thing, Undefined, type Value } from './values';

/** What each turn of a loop over these items knows; `again` runs the loop's body over other items. */
export function makeLoop(
  items: readonly Value[],
  depth: number,
  again: ((items: Value) => string) | undefined,
): { readonly next: () => Thing } {
  let last: readonly Value[] | undefined;
  let at = -1;
  const next = (): Thing => {
    const i = ++at;
    const around = (place: number, what: string): Value => items[place] ?? missing(items, place, what);
    const attributes: Readonly<Record<string, () => Value>> = {
      index: () => i + 1,
      index0: () => i,
      revindex: () => items.length - i,
      revindex0: () => items.length - i - 1,
      first: () => i === 0,
      last: () => i === items.length - 1,
      length: () => items.length,
      depth: () => depth + 1,
      depth0: () => depth,
      previtem: () => around(i - 1, 'there is no previous item'),
      nextitem: () => around(i + 1, 'there is no next item'),
      cycle: () => ({
        kind: 'method',
        call: (args) => {
          if (args.length === 0) throw new Error('no items for cycling given');
          return args[i % args.length];
        },
      }),
      changed: () => ({
        kind: 'method',
        call: (args) => {
          const same =
            last?.length === args.length && args.every((value, j) => comparisons['=='](value, last?.[j] ?? null));
          last = args;
          return !same;
        },
      }),
    };
    const call = again && { call: ([value]: readonly Value[]): Value => again(value ?? null) };
    return {
      kind: 'LoopContext',
      attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name]() : undefined),
      ...call,
    };
  };
  return { next };
}

function missing(items: readonly Value[], place: number, what: string): Value {
  return items[place] === null ? null : new Undefined(what);
}
