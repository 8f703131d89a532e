/** Cuts a template into texts and tokens, as Jinja does with `trim_blocks` and `lstrip_blocks`. */
import { whiteSpace } from './python';

export interface Token {
  readonly type: 'data' | 'begin' | 'end' | 'print' | 'name' | 'integer' | 'float' | 'string' | 'operator' | 'over';
  readonly value: string;
}

const space = `[${whiteSpace}]*`;
/** What begins a tag, with the sign behind it; a raw section begins with a tag of its own. */
const opening = new RegExp(String.raw`\{%([-+]?)${space}raw${space}(-%\}${space}|%\})|(\{\{|\{%|\{#)([-+]?)`, 'gu');
const closings = {
  '{{': new RegExp(String.raw`-\}\}${space}|\}\}`, 'yu'),
  '{%': new RegExp(String.raw`\+%\}|-%\}${space}|%\}\n?`, 'yu'),
} as const;
const commentEnd = new RegExp(String.raw`\+#\}|-#\}${space}|#\}\n?`, 'gu');
const rawEnd = new RegExp(String.raw`\{%([-+]?)${space}endraw${space}(?:\+%\}|-%\}${space}|%\}\n?)`, 'gu');
const spaces = new RegExp(`[${whiteSpace}]+`, 'yu');

/** The first that matches is taken. */
const tokens: readonly (readonly [Token['type'], RegExp])[] = [
  ['float', /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iuy],
  ['integer', /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iuy],
  ['name', /[\p{L}\p{N}\p{M}_]+/uy],
  ['string', /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/suy],
  ['operator', /\/\/|\*\*|[=!<>]=|[-+/*%~[\](){}<>=.:|,;]/uy],
];
const pairs: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

/** Throws where the template is none. */
export function cut(template: string): Token[] {
  const source = template.replaceAll(/\r\n?/gu, '\n').replace(/\n$/u, '');
  const found: Token[] = [];
  let at = 0;
  const text = (end: number, sign: string, isPrint: boolean): void => {
    const lineBegins = at === 0 || source[at - 1] === '\n';
    const value = trimmed(source.slice(at, end), isPrint ? (sign === '-' ? '-' : '+') : sign, lineBegins);
    if (value !== '') found.push({ type: 'data', value });
  };
  for (;;) {
    opening.lastIndex = at;
    const begin = opening.exec(source);
    if (begin === null) {
      text(source.length, '+', true);
      return [...found, { type: 'over', value: '' }];
    }
    const [whole, rawSign, raw, tag, sign] = begin;
    text(begin.index, rawSign ?? sign, tag === '{{');
    at = begin.index + whole.length;
    if (raw !== undefined) {
      rawEnd.lastIndex = at;
      const end = rawEnd.exec(source);
      if (end === null) throw new Error('a raw section has no end');
      text(end.index, end[1], false);
      at = rawEnd.lastIndex;
    } else if (tag === '{#') {
      commentEnd.lastIndex = at;
      if (!commentEnd.test(source)) throw new Error('a comment has no end');
      at = commentEnd.lastIndex;
    } else {
      at = cutTag(source, at, tag === '{{' ? '{{' : '{%', found);
    }
  }
}

/** A text without the white space that the tag behind it takes away. */
function trimmed(text: string, sign: string, lineBegins: boolean): string {
  if (sign === '-') return text.replace(new RegExp(`(?<![${whiteSpace}])[${whiteSpace}]+$`, 'u'), '');
  const line = text.lastIndexOf('\n') + 1;
  if (sign === '+' || (line === 0 && !lineBegins)) return text;
  return new RegExp(`^${space}$`, 'u').test(text.slice(line)) ? text.slice(0, line) : text;
}

/** The tokens of a tag; returns where it is over. */
function cutTag(source: string, from: number, tag: keyof typeof closings, found: Token[]): number {
  found.push({ type: tag === '{{' ? 'print' : 'begin', value: tag });
  const open: string[] = [];
  const closing = closings[tag];
  let at = from;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const end = open.length === 0 ? match(closing) : undefined;
    if (end !== undefined) {
      found.push({ type: 'end', value: '' });
      return at + end.length;
    }
    at += match(spaces)?.length ?? 0;
    if (open.length === 0 && match(closing) !== undefined) continue;
    const token = tokens.map(([type, pattern]) => ({ type, value: match(pattern) })).find(({ value }) => value);
    if (token?.value === undefined) throw new Error(`it has ${JSON.stringify(source.slice(at, at + 20))} in a tag`);
    const { type, value } = token;
    at += value.length;
    if (type === 'operator' && Object.hasOwn(pairs, value)) open.push(pairs[value]);
    if (type === 'operator' && /[\])}]/u.test(value) && open.pop() !== value) throw new Error(`unexpected '${value}'`);
    found.push({ type, value: type === 'string' ? unescaped(value.slice(1, -1)) : value });
  }
  throw new Error('a tag has no end');
}

const named: Readonly<Record<string, string>> = {
  '\n': '', '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v',
}; // prettier-ignore

/** Python's escapes. */
function unescaped(text: string): string {
  const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(.))/gsu;
  return text.replaceAll(escape, (whole, x?: string, u?: string, U?: string, octal?: string, letter?: string) => {
    const code = x ?? u ?? U;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    return named[letter ?? ''] ?? whole;
  });
}
