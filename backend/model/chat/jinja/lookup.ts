/** What a template finds of a value: `value.name` and `value[key]`, and the paths of filters like `map(attribute='a.b')`. */
import { attributeOf } from './methods';
import { itemOf } from './operators';
import {
  integerOf,
  isThing,
  kindOf,
  type Named,
  present,
  representation,
  textOf,
  Undefined,
  type Value,
} from './values';

/** `value.name`: what Python gives the value first, then its own items. */
export function getAttribute(value: Value, name: string): Value {
  return attributeOf(present(value), name) ?? itemOf(value, name) ?? missing(value, name);
}

/** `value[key]`: items first. */
export function getItem(value: Value, key: Value): Value {
  const found = itemOf(present(value), present(key));
  return found ?? (typeof key === 'string' ? attributeOf(value, key) : undefined) ?? missing(value, key);
}

function missing(value: Value, key: Value): Undefined {
  if (integerOf(key) !== undefined) return new Undefined(`${kindOf(value)} object has no element ${textOf(key)}`);
  return new Undefined(`'${kindOf(value)} object' has no attribute ${representation(key)}`);
}

/** What a path like `a.b` or a place finds of values, and `otherwise` where it finds nothing. */
export function pathOf(path: Value | undefined, otherwise?: Value): (value: Value) => Value {
  if (path === undefined || path === null) return (value) => value;
  const steps = typeof path === 'string' ? path.split('.') : [path];
  const keys = steps.map((step) => (typeof step === 'string' && /^\d+$/u.test(step) ? Number(step) : step));
  return (value) =>
    keys.reduce<Value>((of, key) => {
      const found = getItem(of, key);
      return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
    }, value);
}

export function callValue(value: Value, args: readonly Value[], named: Named): Value {
  const there: Value = present(value);
  if (isThing(there) && there.call !== undefined) return there.call(args, named);
  throw new Error(`'${kindOf(value)}' object is not callable`);
}
