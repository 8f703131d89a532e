/** Python's two ways to put values into a text: `%` and `str.format`. */
import { Dict, floatText, integerOf, kindOf, longestText, type Named, numberOf, present, representation, textOf, Tuple, type Value } from './values'; // prettier-ignore

interface Layout {
  readonly fill: string;
  /** `<`, `>`, `^`, or `=` between sign and digits. */
  readonly align: string;
  readonly sign: string;
  readonly grouping: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

function laidOut(text: string, { fill, align, width }: Layout): string {
  if (width > longestText) throw new Error(`a text is to be ${width} characters wide`);
  const room = Math.max(0, width - Array.from(text).length);
  if (align === '<') return text + fill.repeat(room);
  if (align === '^') return fill.repeat(Math.floor(room / 2)) + text + fill.repeat(Math.ceil(room / 2));
  const sign = align === '=' ? (/^[-+ ]/u.exec(text)?.[0] ?? '') : '';
  return sign + fill.repeat(room) + text.slice(sign.length);
}

const bases: Readonly<Record<string, number>> = { x: 16, X: 16, o: 8, b: 2 };

function numberText(value: Value, layout: Layout): string {
  const number = numberOf(value);
  const { type, precision = 6, sign, grouping } = layout;
  if (number === undefined) throw new Error(`Unknown format code '${type}' for object of type '${kindOf(value)}'`);
  const size = Math.abs(number);
  const digits = (): string => {
    if (type === 'f' || type === 'F') return size.toFixed(precision);
    if (type === '%') return `${(size * 100).toFixed(precision)}%`;
    if (type === 'e' || type === 'E') return size.toExponential(precision).replace(/e([+-])(\d)$/u, 'e$10$2');
    if (type === 'g' || type === 'G') return general(size, Math.max(1, precision));
    if (Object.hasOwn(bases, type)) return Math.trunc(size).toString(bases[type]);
    return type === 'd' || type === 'i' ? String(Math.trunc(size)) : floatText(size);
  };
  const grouped =
    grouping === '' ? digits() : digits().replace(/^\d+/u, (all) => all.replaceAll(/\B(?=(\d{3})+$)/gu, grouping));
  const signs = number < 0 || Object.is(number, -0) ? '-' : sign === '+' || sign === ' ' ? sign : '';
  return signs + (/[A-Z]/u.test(type) ? grouped.toUpperCase() : grouped);
}

/** `%g`: so many significant digits, without zeros at their end. */
function general(size: number, precision: number): string {
  const exponent = size === 0 ? 0 : Number(size.toExponential(precision - 1).split('e')[1]);
  const short = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/u, '') : digits);
  if (exponent >= -4 && exponent < precision) return short(size.toFixed(precision - 1 - exponent));
  const [digits, power] = size.toExponential(precision - 1).split('e');
  return `${short(digits)}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

const percent = /%(?:\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\d*)(?:\.(?<precision>\d*))?(?<type>.?)/gsu;

/** `text % values`. */
export function formatPercent(text: string, values: Value): string {
  const given = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const next = (): Value => {
    if (used >= given.length) throw new Error('not enough arguments for format string');
    return given[used++];
  };
  const made = text.replaceAll(percent, (...match) => {
    const { key, flags, width, precision, type } = match.at(-1) as Record<string, string | undefined>;
    if (type === '%') return '%';
    const value = present(key === undefined ? next() : named(values, key));
    const left = flags?.includes('-') === true;
    const isText = type === 's' || type === 'r' || type === 'c';
    const layout: Layout = {
      fill: !isText && !left && flags?.includes('0') === true ? '0' : ' ',
      align: left ? '<' : isText || flags?.includes('0') !== true ? '>' : '=',
      sign: flags?.includes('+') === true ? '+' : flags?.includes(' ') === true ? ' ' : '-',
      grouping: '',
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      type: type ?? '',
    };
    if (!isText && !/^[difFeEgGxXo]$/u.test(type ?? '')) throw new Error(`unsupported format character '${type}'`);
    const shown = type === 'r' ? representation(value) : textOf(value);
    const cutText = layout.precision === undefined ? shown : Array.from(shown).slice(0, layout.precision).join('');
    return laidOut(isText ? cutText : numberText(value, layout), layout);
  });
  if (used < given.length && !(values instanceof Dict))
    throw new Error('not all arguments converted during string formatting');
  return made;
}

function named(values: Value, key: string): Value {
  const value = values instanceof Dict ? values.get(key) : undefined;
  if (value === undefined) throw new Error(`there is no value ${key} for a format`);
  return value;
}

const field = /\{\{|\}\}|\{(?<path>[^{}!:]*)(?:!(?<conversion>[rsa]))?(?::(?<spec>[^{}]*))?\}|[{}]/gsu;

/** `text.format(...)`; `attribute` finds what a field asks of a value. */
export function formatBraces(
  text: string,
  args: readonly Value[],
  given: Named,
  attribute: (value: Value, key: Value) => Value,
): string {
  let used = 0;
  return text.replaceAll(field, (whole: string, ...match) => {
    const { path, conversion, spec = '' } = match.at(-1) as Record<string, string | undefined>;
    if (whole === '{{' || whole === '}}') return whole[0];
    if (path === undefined) throw new Error(`a single '${whole}' in a format`);
    const [first, ...rest] = path.split(/[.[]/u);
    const value = /^\d*$/u.test(first) ? args.at(first === '' ? used++ : Number(first)) : given.get(first);
    if (value === undefined) throw new Error(`there is no value ${first} for a format`);
    const found = rest.reduce<Value>((of, step) => {
      const key = step.replace(/\]$/u, '');
      return attribute(of, /^\d+$/u.test(key) ? Number(key) : key);
    }, value);
    return formatValue(
      conversion === 'r' ? representation(found) : conversion === undefined ? found : textOf(found),
      spec,
    );
  });
}

const specification =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<zero>0)?(?<width>\d*)(?<grouping>[,_])?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])?$/su;

function formatValue(value: Value, spec: string): string {
  const groups = specification.exec(spec)?.groups;
  if (groups === undefined) throw new Error(`Invalid format specifier '${spec}'`);
  if (spec === '') return textOf(value);
  const { fill, align, sign, zero, width, grouping, precision, type } = groups as Record<string, string | undefined>;
  const isNumber = numberOf(present(value)) !== undefined && type !== 's';
  const isWhole = integerOf(value) !== undefined;
  const layout: Layout = {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: align ?? (isNumber ? (zero === undefined ? '>' : '=') : '<'),
    sign: sign ?? '-',
    grouping: grouping ?? '',
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? (isWhole ? 'd' : precision === undefined ? '' : 'g'),
  };
  if (isNumber && (typeof value !== 'boolean' || type !== undefined)) return laidOut(numberText(value, layout), layout);
  if (type !== undefined && type !== 's') throw new Error(`Unknown format code '${type}' for a text`);
  return laidOut(Array.from(textOf(value)).slice(0, layout.precision).join(''), layout);
}
