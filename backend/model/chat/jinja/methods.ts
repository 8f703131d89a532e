/** Methods of Python's strings, dictionaries and lists, as far as they change nothing. */
import { strip, whiteSpace } from './python';
import { formatBraces } from './format';
import { itemOf } from './operators';
import { bind } from './signature';
import { Dict, equal, integerOf, isList, iterate, kindOf, longestText, type Named, present, textOf, type Thing, Tuple, Undefined, type Value } from './values'; // prettier-ignore

type Method<T> = readonly [
  parameters: readonly string[],
  run: (self: T, given: Readonly<Record<string, Value | undefined>>) => Value,
];

function text(value: Value | undefined, otherwise = ''): string {
  if (value === undefined) return otherwise;
  if (typeof present(value) === 'string') return textOf(value);
  throw new Error(`a text is needed, not '${kindOf(value)}'`);
}

function whole(value: Value | undefined, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const number = integerOf(present(value));
  if (number === undefined) throw new Error(`'${kindOf(value)}' object cannot be interpreted as an integer`);
  return number;
}

const letters = (value: string): string[] => Array.from(value);
const cased = (value: string): boolean => value.toLowerCase() !== value.toUpperCase();

/** The part between two places of code points, with the number of those before it. */
function part(self: string, start: Value | undefined, end: Value | undefined): readonly [string, number] {
  const all = letters(self);
  const [from, to] = [whole(start, 0), whole(end, all.length)];
  const begin = Math.min(all.length, from < 0 ? Math.max(0, from + all.length) : from);
  return [all.slice(begin, to < 0 ? Math.max(0, to + all.length) : to).join(''), begin];
}

function find(last: boolean, refuses: boolean): Method<string> {
  return [
    ['sub', 'start', 'end'],
    (self, { sub, start, end }) => {
      const [within, begin] = part(self, start, end);
      const at = last ? within.lastIndexOf(text(sub)) : within.indexOf(text(sub));
      if (at === -1 && refuses) throw new Error('substring not found');
      return at === -1 ? -1 : begin + letters(within.slice(0, at)).length;
    },
  ];
}

function affix(fits: (self: string, affix: string) => boolean): Method<string> {
  return [
    ['affix', 'start', 'end'],
    (self, { affix: given, start, end }) => {
      const [within] = part(self, start, end);
      const all = given instanceof Tuple ? given.items : [given];
      return all.some((one) => fits(within, text(one)));
    },
  ];
}

function padded(left: (room: number, width: number) => number): Method<string> {
  return [
    ['width', 'fillchar'],
    (self, { width, fillchar }) => {
      const wanted = whole(width, 0);
      if (wanted > longestText) throw new Error(`a text is to be ${wanted} characters wide`);
      const room = Math.max(0, wanted - letters(self).length);
      const before = left(room, wanted);
      const fill = text(fillchar, ' ');
      return fill.repeat(before) + self + fill.repeat(room - before);
    },
  ];
}

const stripping = (side: 'strip' | 'lstrip' | 'rstrip'): Method<string> => [
  ['chars'],
  (self, { chars }) => strip(side, self, chars == null ? null : text(chars)),
];

const asking = (answer: (self: string) => boolean): Method<string> => [[], (self) => answer(self)];
const making = (make: (self: string) => string): Method<string> => [[], (self) => make(self)];
const every = (pattern: RegExp): Method<string> => asking((self) => pattern.test(self));

function split(self: string, separator: Value | undefined, most: number, fromRight: boolean): string[] {
  if (separator === undefined || separator === null) return splitAtSpace(self, most, fromRight);
  const mark = text(separator);
  if (mark === '') throw new Error('empty separator');
  const parts = self.split(mark);
  const joined = parts.length - 1 - most;
  if (most < 0 || joined <= 0) return parts;
  if (fromRight) return [parts.slice(0, joined + 1).join(mark), ...parts.slice(joined + 1)];
  return [...parts.slice(0, most), parts.slice(most).join(mark)];
}

function splitAtSpace(self: string, most: number, fromRight: boolean): string[] {
  const words = Array.from(self.matchAll(new RegExp(`[^${whiteSpace}]+`, 'gu')));
  if (most < 0 || words.length <= most) return words.map(([word]) => word);
  const chosen = fromRight ? words.slice(words.length - most) : words.slice(0, most);
  const own = chosen.map(([word]) => word);
  if (fromRight) return [strip('rstrip', self.slice(0, chosen.at(0)?.index)), ...own].filter((word) => word !== '');
  const end = chosen.at(-1);
  return [...own, strip('lstrip', self.slice(end === undefined ? 0 : end.index + end[0].length))];
}

function partition(last: boolean): Method<string> {
  return [
    ['sep'],
    (self, { sep }) => {
      const mark = text(sep);
      const at = last ? self.lastIndexOf(mark) : self.indexOf(mark);
      if (mark === '') throw new Error('empty separator');
      if (at === -1) return new Tuple(last ? ['', '', self] : [self, '', '']);
      return new Tuple([self.slice(0, at), mark, self.slice(at + mark.length)]);
    },
  ];
}

export function replace(self: string, old: string, by: string, most: number): string {
  const count = most < 0 ? Infinity : most;
  const parts = old === '' ? ['', ...letters(self), ''] : self.split(old);
  if (parts.length * by.length > longestText) throw new Error('a text grows too long by what it replaces');
  let made = parts[0];
  for (let i = 1; i < parts.length; i++) made += (i <= count ? by : old) + parts[i];
  return made;
}

export function titled(self: string): string {
  return self.replaceAll(/\p{L}+/gu, (word) => capitalized(word));
}

export function capitalized(self: string): string {
  const [first = '', ...rest] = letters(self);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

const lineEnd = new RegExp(String.raw`\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]`, 'gu');

export function lines(self: string, keepEnds = false): string[] {
  const result: string[] = [];
  let from = 0;
  for (const { 0: end, index } of self.matchAll(lineEnd)) {
    result.push(self.slice(from, keepEnds ? index + end.length : index));
    from = index + end.length;
  }
  return from < self.length ? [...result, self.slice(from)] : result;
}

const strings: Readonly<Record<string, Method<string>>> = {
  capitalize: making(capitalized),
  casefold: making((self) => self.toLowerCase().replaceAll('ß', 'ss')),
  center: padded((room, width) => Math.floor(room / 2) + (room & width & 1)),
  count: [
    ['sub', 'start', 'end'],
    (self, { sub, start, end }) => {
      const [within] = part(self, start, end);
      const mark = text(sub);
      return mark === '' ? letters(within).length + 1 : within.split(mark).length - 1;
    },
  ],
  endswith: affix((self, end) => self.endsWith(end)),
  find: find(false, false),
  index: find(false, true),
  isalnum: every(/^[\p{L}\p{N}]+$/u),
  isalpha: every(/^\p{L}+$/u),
  isascii: every(/^[\0-\x7f]*$/u),
  isdecimal: every(/^\p{Nd}+$/u),
  isdigit: every(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u),
  islower: asking((self) => cased(self) && self === self.toLowerCase()),
  isnumeric: every(/^\p{N}+$/u),
  isspace: every(new RegExp(`^[${whiteSpace}]+$`, 'u')),
  istitle: asking((self) => cased(self) && self === titled(self)),
  isupper: asking((self) => cased(self) && self === self.toUpperCase()),
  join: [['iterable'], (self, { iterable = [] }) => iterate(present(iterable)).map((item) => text(item)).join(self)], // prettier-ignore
  ljust: padded(() => 0),
  lower: making((self) => self.toLowerCase()),
  lstrip: stripping('lstrip'),
  partition: partition(false),
  removeprefix: [['prefix'], (self, { prefix }) => (self.startsWith(text(prefix)) ? self.slice(text(prefix).length) : self)], // prettier-ignore
  removesuffix: [['suffix'], (self, { suffix }) => (self.endsWith(text(suffix)) ? self.slice(0, self.length - text(suffix).length) : self)], // prettier-ignore
  replace: [['old', 'new', 'count'], (self, { old, new: by, count }) => replace(self, text(old), text(by), whole(count, -1))], // prettier-ignore
  rfind: find(true, false),
  rindex: find(true, true),
  rjust: padded((room) => room),
  rpartition: partition(true),
  rsplit: [['sep', 'maxsplit'], (self, { sep, maxsplit }) => split(self, sep, whole(maxsplit, -1), true)],
  rstrip: stripping('rstrip'),
  split: [['sep', 'maxsplit'], (self, { sep, maxsplit }) => split(self, sep, whole(maxsplit, -1), false)],
  splitlines: [['keepends'], (self, { keepends }) => lines(self, keepends === true)],
  startswith: affix((self, start) => self.startsWith(start)),
  strip: stripping('strip'),
  swapcase: making((self) => letters(self).map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join('')), // prettier-ignore
  title: making(titled),
  upper: making((self) => self.toUpperCase()),
  zfill: [
    ['width'],
    (self, { width }) => {
      const [sign, digits] = /^[-+]/u.test(self) ? [self[0], self.slice(1)] : ['', self];
      const wanted = whole(width, 0);
      if (wanted > longestText) throw new Error(`a text is to be ${wanted} characters wide`);
      return sign + '0'.repeat(Math.max(0, wanted - letters(self).length)) + digits;
    },
  ],
};

const view = (kind: string, of: (self: Dict) => readonly Value[]): Method<Dict> => [
  [],
  (self) => ({ kind, sized: true, items: () => of(self), text: () => `${kind}(${textOf(of(self))})` }),
];

const dictionaries: Readonly<Record<string, Method<Dict>>> = {
  copy: [[], (self) => new Dict(self.entries)],
  get: [['key', 'default'], (self, { key = null, default: otherwise = null }) => self.get(present(key)) ?? otherwise],
  items: view('dict_items', ({ entries }) => entries.map((entry) => new Tuple(entry))),
  keys: view('dict_keys', ({ entries }) => entries.map(([key]) => key)),
  values: view('dict_values', ({ entries }) => entries.map(([, value]) => value)),
};

const lists: Readonly<Record<string, Method<readonly Value[]>>> = {
  copy: [[], (self) => [...self]],
  count: [['value'], (self, { value = null }) => self.filter((one) => equal(one, value)).length],
  index: [
    ['value'],
    (self, { value = null }) => {
      const at = self.findIndex((one) => equal(one, value));
      if (at === -1) throw new Error('a value is not in the list');
      return at;
    },
  ],
};

/** They change what they belong to, which the sandbox of transformers refuses. */
const changing: Readonly<Record<'dict' | 'list', readonly string[]>> = {
  dict: ['clear', 'pop', 'popitem', 'setdefault', 'update'],
  list: ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'],
};

/** `value.name` of what Python itself gives a value; undefined where it gives none. */
export function attributeOf(value: Value, name: string): Value | undefined {
  if (typeof value === 'string') {
    if (name === 'format') return callable(name, (args, named) => formatBraces(value, args, named, fieldOf));
    return method(strings, value, name);
  }
  if (value instanceof Dict) return refused('dict', name) ?? method(dictionaries, value, name);
  if (isList(value)) return refused('list', name) ?? method(lists, value, name);
  if (value instanceof Tuple) {
    const at = value.names.indexOf(name);
    return at === -1 && name !== 'copy' ? method(lists, value.items, name) : value.items[at];
  }
  return typeof value === 'object' && value !== null && 'attribute' in value ? value.attribute?.(name) : undefined;
}

/** What a field of `str.format` asks of a value. */
function fieldOf(value: Value, key: Value): Value {
  const found = itemOf(value, key) ?? attributeOf(value, textOf(key));
  if (found === undefined) throw new Error(`'${kindOf(value)}' object has no attribute '${textOf(key)}'`);
  return found;
}

function refused(kind: keyof typeof changing, name: string): Undefined | undefined {
  if (!changing[kind].includes(name)) return undefined;
  return new Undefined(`access to attribute '${name}' of '${kind}' object is unsafe.`);
}

function method<T>(methods: Readonly<Record<string, Method<T>>>, self: T, name: string): Thing | undefined {
  if (!Object.hasOwn(methods, name)) return undefined;
  const [parameters, run] = methods[name];
  return callable(name, (args, named) => run(self, bind(name, parameters, args, named)));
}

function callable(name: string, call: (args: readonly Value[], named: Named) => Value): Thing {
  return { kind: 'builtin_function_or_method', text: () => `<built-in method ${name}>`, call };
}
