/** Jinja's filters: what stands behind `|`. */
import { strip, whiteSpace } from './python';
import { formatPercent } from './format';
import { toJson } from './json';
import { callValue, getAttribute, pathOf } from './lookup';
import { attributeOf, capitalized, lines, replace } from './methods';
import { parsedFloat, parsedNumber, roundedTo } from './numbers';
import { binary } from './operators';
import { bind } from './signature';
import { compare, Dict, equal, Float, integerOf, isList, iterate, lazily, lengthOf, longestText, type Named, numberOf, present, textOf, Tuple, truth, Undefined, type Value } from './values'; // prettier-ignore

/** Filters and tests by their names. */
export interface Names {
  readonly filter: (name: string) => Filter;
  readonly test: (name: string) => (value: Value, args: readonly Value[]) => boolean;
}

export type Filter = (value: Value, args: readonly Value[], named: Named, names: Names) => Value;

type Given = Readonly<Record<string, Value | undefined>>;

function filter(parameters: string, run: (value: Value, given: Given) => Value): Filter {
  const names = parameters === '' ? [] : parameters.split(' ');
  return (value, args, named) => run(value, bind('a filter', names, args, named));
}

const ofText = (make: (text: string) => Value): Filter => filter('', (value) => make(textOf(value)));

function whole(value: Value | undefined, otherwise: number): number {
  const number = value === undefined || value === null ? otherwise : integerOf(present(value));
  if (number === undefined) throw new Error('a filter needs a whole number');
  return number;
}

/** By what values are sorted and told apart: texts without their case, unless they are to have it. */
function sortKey({ case_sensitive: exact, attribute }: Given): (value: Value) => Value {
  const paths =
    typeof attribute === 'string' && attribute.includes(',')
      ? attribute.split(',').map((one) => pathOf(one))
      : [pathOf(attribute)];
  const folded = (value: Value): Value =>
    typeof value === 'string' && !(exact !== undefined && truth(exact)) ? value.toLowerCase() : value;
  if (paths.length === 1) return (value) => folded(paths[0](value));
  return (value) => paths.map((path) => folded(path(value)));
}

function sorted(values: readonly Value[], key: (value: Value) => Value, reverse: boolean): Value[] {
  const keyed = values.map((value) => [key(value), value] as const);
  const order = keyed.sort(([a], [b]) => (reverse ? compare(b, a) : compare(a, b)));
  return order.map(([, value]) => value);
}

function extreme(sign: 1 | -1): Filter {
  return filter('case_sensitive attribute', (value, given) => {
    const key = sortKey(given);
    const [first, ...rest] = iterate(value);
    if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
    return rest.reduce((best, one) => (sign * compare(key(one), key(best)) > 0 ? one : best), first);
  });
}

/** `select`, `reject` and their twins that ask an attribute. */
function choosing(keeps: boolean, ofAttribute: boolean): Filter {
  return (value, args, _named, names) => {
    const [path, rest] = ofAttribute ? [pathOf(args[0]), args.slice(1)] : [pathOf(undefined), args];
    const [name, ...own] = rest;
    const test = name === undefined ? truth : (one: Value): boolean => names.test(textOf(name))(one, own);
    return lazily('generator', () => iterate(value).filter((one) => test(path(one)) === keeps));
  };
}

const mapping: Filter = (value, args, named, names) => {
  const [name, ...own] = args;
  if (name === undefined) {
    const { attribute, default: otherwise } = bind('map', ['attribute', 'default'], [], named);
    if (attribute === undefined) throw new Error('map requires a filter argument');
    return lazily('generator', () => iterate(value).map(pathOf(attribute, otherwise)));
  }
  const run = names.filter(textOf(name));
  return lazily('generator', () => iterate(value).map((one) => run(one, own, named, names)));
};

const grouping = filter('attribute default case_sensitive', (value, given) => {
  const path = pathOf(given.attribute, given.default);
  const key = sortKey({ case_sensitive: given.case_sensitive });
  const groups: { readonly key: Value; readonly first: Value; readonly items: Value[] }[] = [];
  for (const one of sorted(iterate(value), (item) => key(path(item)), false)) {
    const last = groups.at(-1);
    const own = key(path(one));
    if (last !== undefined && equal(last.key, own)) last.items.push(one);
    else groups.push({ key: own, first: path(one), items: [one] });
  }
  return groups.map(({ first, items }) => new Tuple([first, items], ['grouper', 'list']));
});

const indenting = filter('width first blank', (value, { width = 4, first = false, blank = false }) => {
  const by = typeof width === 'string' ? width : ' '.repeat(Math.min(longestText, whole(width, 4)));
  const [head, ...rest] = lines(`${textOf(value)}\n`);
  if (by.length * (rest.length + 1) > longestText) throw new Error('a text is indented too far');
  const others = rest.map((line) => `\n${line === '' && !truth(blank) ? '' : by}${line}`);
  return (truth(first) ? by : '') + [head, ...others].join('');
});

const truncating = filter(
  'length killwords end leeway',
  (value, { length, killwords = false, end = '...', leeway }) => {
    const letters = Array.from(textOf(value));
    const [most, tail] = [whole(length, 255), textOf(end)];
    if (most < Array.from(tail).length) throw new Error(`truncate leaves no room for ${JSON.stringify(tail)}`);
    if (letters.length <= most + whole(leeway, 5)) return textOf(value);
    const kept = letters.slice(0, Math.max(0, most - Array.from(tail).length)).join('');
    const words = kept.lastIndexOf(' ');
    return (truth(killwords) || words === -1 ? kept : kept.slice(0, words)) + tail;
  },
);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
const escaping = ofText((text) => text.replaceAll(/[&<>'"]/gu, (letter) => entities[letter]));

const plain = ofText((text) => {
  const bare = text.replaceAll(/<!--.*?-->|<[^>]*>/gsu, '');
  const words = bare.split(new RegExp(`[${whiteSpace}]+`, 'u')).filter((word) => word !== '').join(' '); // prettier-ignore
  const named = new Map(Object.entries(entities).map(([letter, entity]) => [entity, letter]));
  return words.replaceAll(/&[#a-z\d]+;/gu, (entity) => named.get(entity) ?? entity);
});

function urlQuoted(text: string, inQuery: boolean): string {
  const quoted = encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return inQuery ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/');
}

const urlEncoding = filter('', (value) => {
  if (typeof value === 'string' || !(isList(value) || value instanceof Dict)) return urlQuoted(textOf(value), false);
  const pairs = value instanceof Dict ? value.entries : value.map((pair) => iterate(pair));
  return pairs.map((pair) => pair.map((one) => urlQuoted(textOf(one), true)).join('=')).join('&');
});

const json = filter(
  'ensure_ascii indent separators sort_keys',
  (value, { ensure_ascii, indent, separators, sort_keys }) => {
    const by =
      indent === undefined || indent === null
        ? undefined
        : typeof indent === 'string'
          ? indent
          : ' '.repeat(Math.min(100, whole(indent, 0)));
    const [item, key] = separators == null ? [by === undefined ? ', ' : ',', ': '] : iterate(separators).map(textOf);
    const layout = { ascii: truth(ensure_ascii ?? false), indent: by, separators: [item, key], sorted: truth(sort_keys ?? false) } as const; // prettier-ignore
    return toJson(present(value), layout);
  },
);

const toInteger = filter('default base', (value, { default: otherwise = 0, base }) => {
  const number = numberOf(value) ?? (typeof value === 'string' ? parsedNumber(value, whole(base, 10)) : undefined);
  return number === undefined || !Number.isFinite(number) ? otherwise : Math.trunc(number) + 0;
});

const toFloat = filter('default', (value, { default: otherwise = new Float(0) }) => {
  const number = numberOf(value) ?? (typeof value === 'string' ? parsedFloat(value) : undefined);
  return number === undefined ? otherwise : new Float(number);
});

const rounding = filter('precision method', (value, { precision, method = 'common' }) => {
  const [number, places] = [numberOf(present(value)), whole(precision, 0)];
  if (number === undefined) throw new Error('only numbers are rounded');
  if (method === 'common') {
    return value instanceof Float ? roundedTo(number, places) : places < 0 ? roundedTo(number, places).value : number;
  }
  const shift = 10 ** places;
  const up = textOf(method) === 'ceil';
  return new Float((up ? Math.ceil(number * shift) : Math.floor(number * shift)) / shift);
});

const batching = filter('linecount fill_with', (value, { linecount, fill_with: fill }) => {
  const items = iterate(value);
  const size = Math.max(1, Math.min(longestText, whole(linecount, 1)));
  return lazily('generator', () =>
    Array.from({ length: Math.ceil(lengthOf(items) / size) }, (_, i) => {
      const run = items.slice(i * size, (i + 1) * size);
      return fill == null ? run : [...run, ...Array.from({ length: size - run.length }, () => fill)];
    }),
  );
});

const slicing = filter('slices fill_with', (value, { slices, fill_with: fill }) => {
  const items = iterate(value);
  const count = Math.max(1, Math.min(longestText, whole(slices, 1)));
  const [each, more] = [Math.floor(items.length / count), items.length % count];
  return lazily('generator', () =>
    Array.from({ length: count }, (_, i) => {
      const from = i * each + Math.min(i, more);
      const run = items.slice(from, from + each + (i < more ? 1 : 0));
      return fill == null || i < more ? run : [...run, fill];
    }),
  );
});

const unique = filter('case_sensitive attribute', (value, given) =>
  lazily('generator', () => {
    const key = sortKey(given);
    const seen = new Dict();
    return iterate(value).filter((one) => {
      const own = key(one);
      if (seen.get(own) !== undefined) return false;
      seen.set(own, true);
      return true;
    });
  }),
);

const dictSort = filter('case_sensitive by reverse', (value, { case_sensitive, by = 'key', reverse = false }) => {
  if (!(value instanceof Dict)) throw new Error('dictsort sorts dictionaries');
  const place = by === 'value' ? 1 : 0;
  const key = sortKey({ case_sensitive });
  const pairs = value.entries.map((entry) => new Tuple(entry));
  return sorted(pairs, (pair) => key(iterate(pair)[place]), truth(reverse));
});

const words = new RegExp(`([-${whiteSpace}({\\[<]+)`, 'u');

export const filters: Readonly<Record<string, Filter>> = {
  abs: filter('', (value) => (value instanceof Float ? new Float(Math.abs(value.value)) : Math.abs(whole(value, NaN)))),
  attr: filter('name', (value, { name = '' }) => getOwn(value, textOf(name))),
  batch: batching,
  capitalize: ofText(capitalized),
  center: filter('width', (value, { width }) => callText(value, 'center', [width ?? 80])),
  count: filter('', lengthOf),
  d: defaulting(),
  default: defaulting(),
  dictsort: dictSort,
  e: escaping,
  escape: escaping,
  first: filter('', (value) => iterate(value).at(0) ?? new Undefined('No first item, sequence was empty.')),
  float: toFloat,
  forceescape: escaping,
  format: (value, args, named) => formatPercent(textOf(value), named.size > 0 ? new Dict(named) : new Tuple(args)),
  groupby: grouping,
  indent: indenting,
  int: toInteger,
  items: filter('', (value) => {
    if (value instanceof Undefined) return [];
    if (!(value instanceof Dict)) throw new Error('Can only get item pairs from a mapping.');
    return lazily('generator', () => value.entries.map((entry) => new Tuple(entry)));
  }),
  join: filter('d attribute', (value, { d = '', attribute }) => iterate(value).map((one) => textOf(pathOf(attribute)(one))).join(textOf(d))), // prettier-ignore
  last: filter('', (value) => iterate(value).at(-1) ?? new Undefined('No last item, sequence was empty.')),
  length: filter('', lengthOf),
  list: filter('', (value) => [...iterate(value)]),
  lower: ofText((text) => text.toLowerCase()),
  map: mapping,
  max: extreme(1),
  min: extreme(-1),
  reject: choosing(false, false),
  rejectattr: choosing(false, true),
  replace: filter('old new count', (value, { old = '', new: by = '', count }) => replace(textOf(value), textOf(old), textOf(by), whole(count, -1))), // prettier-ignore
  reverse: filter('', (value) => {
    const backwards = [...iterate(value)].reverse();
    return typeof value === 'string' ? backwards.map(textOf).join('') : lazily('reversed', () => backwards);
  }),
  round: rounding,
  safe: ofText((text) => text),
  select: choosing(true, false),
  selectattr: choosing(true, true),
  slice: slicing,
  sort: filter('reverse case_sensitive attribute', (value, { reverse = false, ...given }) => sorted(iterate(value), sortKey(given), truth(reverse))), // prettier-ignore
  string: ofText((text) => text),
  striptags: plain,
  sum: filter('attribute start', (value, { attribute, start = 0 }) => iterate(value).map(pathOf(attribute)).reduce(binary['+'], start)), // prettier-ignore
  title: ofText((text) => text.split(words).map(capitalized).join('')),
  tojson: json,
  trim: filter('chars', (value, { chars }) => strip('strip', textOf(value), chars == null ? null : textOf(chars))),
  truncate: truncating,
  unique,
  upper: ofText((text) => text.toUpperCase()),
  urlencode: urlEncoding,
  wordcount: ofText((text) => text.match(/[\p{L}\p{N}\p{M}_]+/gu)?.length ?? 0),
};

function defaulting(): Filter {
  return filter('default_value boolean', (value, { default_value: otherwise = '', boolean = false }) =>
    value instanceof Undefined || (truth(boolean) && !truth(value)) ? otherwise : value,
  );
}

/** An attribute, and no item. */
function getOwn(value: Value, name: string): Value {
  const own = getAttribute(value, name);
  return value instanceof Dict && attributeOf(value, name) === undefined
    ? new Undefined(`it has no attribute ${name}`)
    : own;
}

function callText(value: Value, method: string, args: readonly Value[]): Value {
  return callValue(getAttribute(textOf(value), method), args, new Map());
}
