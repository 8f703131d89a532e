/** Python's values as templates see them, and what Python says of them. */

/** How deep lists and dictionaries may lie in each other, and how long a text may become, in UTF-16 units. */
const deepest = 100;
export const longestText = 2 ** 24;

/** A float: 1.0 is not 1. */
export class Float {
  constructor(readonly value: number) {}
}

export class Tuple {
  constructor(
    readonly items: readonly Value[],
    /** What some tuples call their items. */
    readonly names: readonly string[] = [],
  ) {}
}

/** What is not there. Any use of it but as a text, a list or a condition is an error with this message. */
export class Undefined {
  constructor(readonly message: string) {}
}

export type Named = ReadonlyMap<string, Value>;
export type Call = (args: readonly Value[], named: Named) => Value;

/** Anything else, by what can be done with it. */
export interface Thing {
  /** Python's name of its kind. */
  readonly kind: string;
  readonly text?: () => string;
  readonly attribute?: (name: string) => Value | undefined;
  readonly call?: Call;
  /** Sets an attribute, which only namespaces let happen. */
  readonly assign?: (name: string, value: Value) => void;
  readonly items?: () => readonly Value[];
  /** Whether its length is known before its items are read. */
  readonly sized?: boolean;
}

/** Keys are equal where Python finds them equal. */
export class Dict {
  private readonly held = new Map<string, readonly [key: Value, value: Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  set(key: Value, value: Value): void {
    const hash = hashOf(key);
    this.held.set(hash, [this.held.get(hash)?.[0] ?? key, value]);
  }

  get(key: Value): Value | undefined {
    return this.held.get(hashOf(key))?.[1];
  }

  get entries(): readonly (readonly [Value, Value])[] {
    return [...this.held.values()];
  }
}

export type Value = null | boolean | number | string | Float | readonly Value[] | Tuple | Dict | Undefined | Thing;

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

export function isThing(value: Value): value is Thing {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isList(value) &&
    ![Float, Tuple, Dict, Undefined].some((kind) => value instanceof kind)
  );
}

/** Of integers, floats and booleans. */
export function numberOf(value: Value): number | undefined {
  if (value instanceof Float) return value.value;
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : undefined;
}

/** An integer, or a boolean, which is one. */
export function integerOf(value: Value): number | undefined {
  return value instanceof Float ? undefined : numberOf(value);
}

export function kindOf(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'string') return 'str';
  if (isList(value)) return 'list';
  if (isThing(value)) return value.kind;
  return value instanceof Dict ? 'dict' : value.constructor.name.toLowerCase();
}

/** Refuses what is not there. */
export function present<T extends Value>(value: T): Exclude<T, Undefined> {
  if (value instanceof Undefined) throw new Error(value.message);
  return value as Exclude<T, Undefined>;
}

/** A JavaScript value as one of Python's. */
export function toValue(given: unknown): Value {
  if (given === null || typeof given === 'boolean' || typeof given === 'string') return given;
  if (typeof given === 'number') return Number.isSafeInteger(given) ? given : new Float(given);
  if (Array.isArray(given)) return given.map(toValue);
  if (typeof given !== 'object') return new Undefined('a variable is not there');
  return new Dict(Object.entries(given).map(([key, value]) => [key, toValue(value)]));
}

function hashOf(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  const number = numberOf(key);
  if (number !== undefined) return `n${number}`;
  if (key instanceof Tuple) return `t${JSON.stringify(key.items.map(hashOf))}`;
  if (key === null) return 'None';
  throw new Error(`unhashable type: '${kindOf(key)}'`);
}

export function truth(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Dict) return value.entries.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (isList(value)) return value.length > 0;
  if (isThing(value)) return value.sized !== true || value.items === undefined || value.items().length > 0;
  return Boolean(value);
}

/** What `for` goes through. */
export function iterate(value: Value): readonly Value[] {
  if (typeof value === 'string') return Array.from(value);
  if (isList(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.entries.map(([key]) => key);
  if (value instanceof Undefined) return [];
  if (isThing(value) && value.items !== undefined) return value.items();
  throw new Error(`'${kindOf(value)}' object is not iterable`);
}

export function isIterable(value: Value): boolean {
  if (isThing(value)) return value.items !== undefined;
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !(value instanceof Float));
}

export function lengthOf(value: Value): number {
  const hasLength = isThing(value) ? value.sized === true : isIterable(value);
  if (!hasLength) throw new Error(`object of type '${kindOf(value)}' has no len()`);
  return iterate(value).length;
}

/** Python's `==`. */
export function equal(one: Value, other: Value): boolean {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (a !== undefined || b !== undefined) return a === b;
  if (isList(one) && isList(other)) return sameItems(one, other);
  if (one instanceof Tuple && other instanceof Tuple) return sameItems(one.items, other.items);
  if (one instanceof Dict && other instanceof Dict) {
    const { entries } = one;
    const has = ([key, value]: readonly [Value, Value]): boolean => {
      const found = other.get(key);
      return found !== undefined && equal(value, found);
    };
    return entries.length === other.entries.length && entries.every(has);
  }
  return one === other || (one instanceof Undefined && other instanceof Undefined);
}

function sameItems(one: readonly Value[], other: readonly Value[]): boolean {
  return one.length === other.length && one.every((value, i) => equal(value, other[i]));
}

/** Negative, zero or positive, as Python's `<` orders values; throws for those that have no order. */
export function compare(one: Value, other: Value): number {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (a !== undefined && b !== undefined) return a - b;
  if (typeof one === 'string' && typeof other === 'string') return compareTexts(one, other);
  const lists = isList(one) && isList(other);
  if (lists || (one instanceof Tuple && other instanceof Tuple)) {
    const [left, right] = [iterate(one), iterate(other)];
    const at = left.findIndex((value, i) => i >= right.length || !equal(value, right[i]));
    return at === -1 || at >= right.length ? left.length - right.length : compare(left[at], right[at]);
  }
  throw new Error(`'<' not supported between instances of '${kindOf(present(one))}' and '${kindOf(present(other))}'`);
}

/** By code points, which UTF-16 units do not order. */
function compareTexts(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return (one.codePointAt(at) ?? -1) - (other.codePointAt(at) ?? -1);
}

/** Python's `str`. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Undefined ? '' : representation(value);
}

/** Python's `repr`. */
export function representation(value: Value, depth = 0): string {
  if (depth > deepest) throw new Error('a list holds itself, or lies too deep');
  const listed = (items: readonly Value[]): string => items.map((item) => representation(item, depth + 1)).join(', ');
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return 'Undefined';
  if (isList(value)) return `[${listed(value)}]`;
  if (value instanceof Tuple) return `(${listed(value.items)}${value.items.length === 1 ? ',' : ''})`;
  if (value instanceof Dict) {
    return `{${value.entries.map((entry) => entry.map((one) => representation(one, depth + 1)).join(': ')).join(', ')}}`;
  }
  return value.text?.() ?? `<${value.kind} object>`;
}

export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e');
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll(/[\\'"\p{C}\p{Z}]/gu, (letter) => {
    if (letter === ' ' || letter === '"' || letter === "'") return letter === mark ? `\\${letter}` : letter;
    return escapes[letter] ?? escapedCode(letter);
  });
  return mark + escaped + mark;
}

function escapedCode(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  const [mark, digits] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
  return `\\${mark}${code.toString(16).padStart(Number(digits), '0')}`;
}

/** A list that is made when it is asked for, and read once, as generators are. */
export function lazily(kind: string, make: () => readonly Value[]): Thing {
  let left: readonly Value[] | undefined;
  return {
    kind,
    items: () => {
      const items = left ?? make();
      left = [];
      return items;
    },
  };
}
