/** Python's operators. */
import { formatPercent } from './format';
import { compare, Dict, equal, Float, integerOf, isList, iterate, kindOf, longestText, numberOf, present, textOf, Tuple, Undefined, type Value } from './values'; // prettier-ignore

type Binary = (left: Value, right: Value) => Value;

/** A result of whole numbers is whole, unless one of them is a float. */
function arithmetic(sign: string, compute: (a: number, b: number) => number): Binary {
  return (left, right) => {
    const [a, b] = [numberOf(present(left)), numberOf(present(right))];
    if (a === undefined || b === undefined) throw unsupported(sign, left, right);
    const result = compute(a, b);
    if (left instanceof Float || right instanceof Float) return new Float(result);
    if (!Number.isSafeInteger(result)) throw new Error(`${a} ${sign} ${b} is too large a number`);
    return result;
  };
}

function unsupported(sign: string, left: Value, right: Value): Error {
  return new Error(`unsupported operand type(s) for ${sign}: '${kindOf(left)}' and '${kindOf(right)}'`);
}

function divisor(value: number): number {
  if (value === 0) throw new Error('division by zero');
  return value;
}

const added = arithmetic('+', (a, b) => a + b);
const multiplied = arithmetic('*', (a, b) => a * b);
const remainder = arithmetic('%', (a, b) => ((a % divisor(b)) + b) % b);

export const binary: Readonly<Record<string, Binary>> = {
  '+': (left, right) => {
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (isList(left) && isList(right)) return [...left, ...right];
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items]);
    return added(left, right);
  },
  '-': arithmetic('-', (a, b) => a - b),
  '*': (left, right) => {
    const [count, repeated] = integerOf(left) === undefined ? [integerOf(right), left] : [integerOf(left), right];
    if (count === undefined || numberOf(repeated) !== undefined) return multiplied(left, right);
    return repeat(repeated, Math.max(0, count)) ?? multiplied(left, right);
  },
  '/': (left, right) => {
    const [a, b] = [numberOf(present(left)), numberOf(present(right))];
    if (a === undefined || b === undefined) throw unsupported('/', left, right);
    return new Float(a / divisor(b));
  },
  '//': arithmetic('//', (a, b) => Math.floor(a / divisor(b))),
  '%': (left, right) => (typeof left === 'string' ? formatPercent(left, right) : remainder(left, right)),
  '**': (left, right) => {
    const power = arithmetic('**', (a, b) => a ** b);
    return Number(numberOf(right)) < 0 ? power(new Float(Number(numberOf(left))), right) : power(left, right);
  },
};

function repeat(value: Value, count: number): Value | undefined {
  const size =
    typeof value === 'string' ? value.length : isList(value) || value instanceof Tuple ? iterate(value).length : 0;
  if (size * count > longestText) throw new Error(`it repeats a text or list ${count} times`);
  if (typeof value === 'string') return value.repeat(count);
  const items =
    isList(value) || value instanceof Tuple ? Array.from({ length: count }, () => iterate(value)).flat() : undefined;
  return value instanceof Tuple ? new Tuple(items ?? []) : items;
}

export const comparisons: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '==': equal,
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => compare(left, right) < 0,
  '<=': (left, right) => compare(left, right) <= 0,
  '>': (left, right) => compare(left, right) > 0,
  '>=': (left, right) => compare(left, right) >= 0,
  in: contained,
  'not in': (left, right) => !contained(left, right),
};

function contained(value: Value, holder: Value): boolean {
  if (holder instanceof Dict) return holder.get(value) !== undefined;
  if (typeof holder !== 'string') return iterate(holder).some((item) => equal(item, value));
  if (typeof value === 'string') return holder.includes(value);
  throw new Error(`'in <string>' requires string as left operand, not ${kindOf(present(value))}`);
}

export function signed(sign: '+' | '-', value: Value): Value {
  const number = numberOf(present(value));
  if (number === undefined) throw new Error(`bad operand type for unary ${sign}: '${kindOf(value)}'`);
  const result = sign === '-' ? -number : number;
  return value instanceof Float ? new Float(result) : result + 0;
}

/** `value[key]` of what has items; undefined where there is no such item. */
export function itemOf(value: Value, key: Value): Value | undefined {
  if (value instanceof Dict) return value.get(key);
  const index = integerOf(key);
  const sequence = typeof value === 'string' || isList(value) || value instanceof Tuple ? iterate(value) : undefined;
  return index === undefined ? undefined : sequence?.at(index);
}

export type Slice = readonly [start: Value | undefined, stop: Value | undefined, step: Value | undefined];

/** `value[start:stop:step]`. */
export function sliceOf(value: Value, [start, stop, step]: Slice): Value {
  const by = limit(step) ?? 1;
  if (by === 0) throw new Error('slice step cannot be zero');
  const items =
    typeof present(value) === 'string' || isList(value) || value instanceof Tuple ? iterate(value) : undefined;
  if (items === undefined) return new Undefined(`'${kindOf(value)}' object is not subscriptable`);
  const [least, most] = by > 0 ? [0, items.length] : [-1, items.length - 1];
  const within = (given: number | undefined, otherwise: number): number => {
    if (given === undefined) return otherwise;
    return Math.min(most, Math.max(least, given < 0 ? given + items.length : given));
  };
  const [from, to] = [within(limit(start), by > 0 ? least : most), within(limit(stop), by > 0 ? most : least)];
  const chosen: Value[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) chosen.push(items[i]);
  if (typeof value === 'string') return chosen.map(textOf).join('');
  return value instanceof Tuple ? new Tuple(chosen) : chosen;
}

function limit(value: Value | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = integerOf(present(value));
  if (number === undefined) throw new Error('slice indices must be integers or None');
  return number;
}
