/** Jinja's tests: what `is` asks. */
import { attributeOf } from './methods';
import { comparisons } from './operators';
import { Dict, Float, isIterable, isList, isThing, numberOf, present, textOf, Tuple, Undefined, type Value } from './values'; // prettier-ignore

export type Test = (value: Value, ...args: readonly Value[]) => boolean;

const comparing =
  (sign: string): Test =>
  (value, other = null) =>
    comparisons[sign](value, other);

const remainder = (value: Value, by: number): number => {
  const number = numberOf(present(value));
  if (number === undefined) throw new Error('a number is needed');
  return ((number % by) + by) % by;
};

const asText =
  (method: string): Test =>
  (value) => {
    const found = attributeOf(textOf(value), method);
    return found !== undefined && isThing(found) && found.call?.([], new Map()) === true;
  };

/** Those of filters and tests themselves are asked where names are known. */
export const tests: Readonly<Record<string, Test>> = {
  boolean: (value) => typeof value === 'boolean',
  callable: (value) => value instanceof Undefined || (isThing(value) && value.call !== undefined),
  defined: (value) => !(value instanceof Undefined),
  divisibleby: (value, by = null) => remainder(value, Number(numberOf(by))) === 0,
  escaped: () => false,
  even: (value) => remainder(value, 2) === 0,
  false: (value) => value === false,
  float: (value) => value instanceof Float,
  in: comparing('in'),
  integer: (value) => typeof value === 'number',
  iterable: isIterable,
  lower: asText('islower'),
  mapping: (value) => value instanceof Dict,
  none: (value) => value === null,
  number: (value) => numberOf(value) !== undefined,
  odd: (value) => remainder(value, 2) === 1,
  sameas: (value, other) => value === other,
  sequence: (value) => {
    if (isThing(value)) return value.kind === 'range';
    return [Dict, Tuple, Undefined].some((kind) => value instanceof kind) || typeof value === 'string' || isList(value);
  },
  string: (value) => typeof value === 'string',
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: asText('isupper'),
  ...Object.fromEntries(
    [
      ['==', 'eq', 'equalto'],
      ['!=', 'ne'],
      ['<', 'lt', 'lessthan'],
      ['<=', 'le'],
      ['>', 'gt', 'greaterthan'],
      ['>=', 'ge'],
    ].flatMap(([sign, ...names]) => [sign, ...names].map((name) => [name, comparing(sign)])),
  ),
};
