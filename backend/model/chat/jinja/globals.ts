/** What every template of transformers knows by name. */
import { strftime } from './python';
import { bind } from './signature';
import { Dict, integerOf, iterate, type Named, present, representation, textOf, type Thing, type Value } from './values'; // prettier-ignore

/** A template that counts further counts for the sake of counting. */
const longestRange = 100_000;

/** What a template says when a conversation does not suit it. */
export class Refusal extends Error {}

const callable = (kind: string, call: NonNullable<Thing['call']>): Thing => ({ kind, call });

export const globals: Readonly<Record<string, Value>> = {
  range: callable('type', range),
  dict: callable('type', dictOf),
  namespace: callable('type', namespace),
  cycler: callable('type', cycler),
  joiner: callable('type', joiner),
  lipsum: callable('function', () => {
    throw new Error('it asks for a text at random');
  }),
  raise_exception: callable('function', (args, named) => {
    throw new Refusal(textOf(bind('raise_exception', ['message'], args, named).message ?? ''));
  }),
  strftime_now: callable('function', (args, named) => {
    return strftime(new Date(), textOf(bind('strftime_now', ['format'], args, named).format ?? ''));
  }),
};

function range(args: readonly Value[]): Thing {
  const limits = args.map((limit) => integerOf(present(limit)));
  const [start, stop, step = 1] = limits.length === 1 ? [0, limits[0]] : limits;
  if (start === undefined || stop === undefined || step === 0) throw new Error('range() needs whole numbers');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestRange) throw new Error(`it counts to ${length}`);
  const shown = step === 1 ? [start, stop] : [start, stop, step];
  return {
    kind: 'range',
    sized: true,
    text: () => `range(${shown.join(', ')})`,
    items: () => Array.from({ length }, (_, i) => start + i * step),
  };
}

function dictOf(args: readonly Value[], named: Named): Dict {
  const [first] = args;
  const given = first instanceof Dict ? first.entries : first === undefined ? [] : iterate(first).map(pairOf);
  return new Dict([...given, ...named]);
}

function pairOf(value: Value): readonly [Value, Value] {
  const [key, held] = iterate(value);
  if (key === undefined || held === undefined) throw new Error('a dictionary is made of pairs');
  return [key, held];
}

function namespace(args: readonly Value[], named: Named): Thing {
  const held = dictOf(args, named);
  return {
    kind: 'Namespace',
    text: () => `<Namespace ${representation(held)}>`,
    attribute: (name) => held.get(name),
    assign: (name, value) => {
      held.set(name, value);
    },
  };
}

function cycler(items: readonly Value[]): Thing {
  if (items.length === 0) throw new Error('at least one item has to be provided');
  let at = 0;
  const attributes: Readonly<Record<string, () => Value>> = {
    current: () => items[at % items.length],
    next: () => callable('method', () => items[at++ % items.length]),
    reset: () =>
      callable('method', () => {
        at = 0;
        return null;
      }),
  };
  return {
    kind: 'Cycler',
    attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name]() : undefined),
  };
}

function joiner(args: readonly Value[], named: Named): Thing {
  const { sep = ', ' } = bind('joiner', ['sep'], args, named);
  let used = false;
  return callable('Joiner', () => {
    const text = used ? sep : '';
    used = true;
    return text;
  });
}
