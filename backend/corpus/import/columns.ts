import { UserError } from '../../base/errors';
import { pathsOf, valueAt } from './fields';
import type { SourceOptions } from './options';
import { isTurnList, listNames, type PairFields, pairs, questions, type TurnFields } from './turns';

/** Which fields of a record hold the text: one, several that are joined by blank lines, or the turns of a conversation. */
export type TextFields = { readonly names: readonly string[] } | TurnFields;

/** Which field of a record holds what, by its path. */
export interface Columns {
  readonly text: TextFields;
  readonly id?: string;
  readonly domain?: string;
}

/** The columns of sources that have none of their own. */
export const plainColumns: Columns = { text: { names: ['text'] }, domain: 'domain' };

/** The usual names, the likeliest first. */
const usual = {
  text: ['text', 'content', 'body', 'document'],
  id: ['id', '_id', 'doc_id', 'uuid'],
  domain: ['domain', 'label', 'category', 'subject', 'topic', 'genre', 'source'],
};

/** Longest name of a domain that is guessed to be one. */
const MAX_GUESSED_DOMAIN = 100;
/** Characters, in the mean, below which values that all differ are names, titles or ids. */
const SHORT = 12;

type Fields = Readonly<Record<string, unknown>>;
type Sample = readonly Fields[];

/**
 * The columns that the user named (`a`, `a.b`, or `a+b` for the text), and the rest as the first records suggest. An empty name
 * means: there is no such column. Throws UserError where a named column is missing, or none can hold the text.
 */
export function chooseColumns(asked: SourceOptions['columns'], sample: Sample): Columns {
  const present = pathsOf(sample);
  const text = asked.text ? namedText(asked.text, sample, present) : guessText(sample, present);
  if (text === undefined) {
    throw new UserError(
      `No column holds texts. The columns are: ${list(present)}.`,
      'Name the one with the texts by {textColumn}.',
    );
  }
  const taken = textPaths(text);
  const choose = (role: 'id' | 'domain'): string | undefined => {
    const name = asked[role] ?? guessLabel(role, sample);
    if (name === undefined || name === '' || taken.includes(name)) return undefined;
    if (!isThere(name, sample)) throw missing(name, present);
    return name;
  };
  const [id, domain] = [choose('id'), choose('domain')];
  return { text, ...(id !== undefined && { id }), ...(domain !== undefined && { domain }) };
}

/** The paths of the fields that a text is made of. */
export function textPaths(text: TextFields): readonly string[] {
  if ('names' in text) return text.names;
  return 'list' in text ? [text.list] : [...text.user, text.assistant];
}

/** Why these fields hold the texts, where `asked` names none. */
export function whyText(text: TextFields, asked: string | undefined): string {
  if (asked !== undefined && asked !== '') return 'you named it';
  if (!('names' in text)) return 'list' in text ? 'it holds the turns of conversations' : 'questions and answers';
  return calledText(text.names).length > 0 ? 'by its name' : 'its texts are the longest';
}

/** As `chooseColumns` takes it. */
export function textName(text: TextFields): string {
  return textPaths(text).join('+');
}

function namedText(name: string, sample: Sample, present: readonly string[]): TextFields {
  if (isThere(name, sample)) return holdsTurns(name, sample) ? { list: name } : { names: [name] };
  const names = name.split('+').map((part) => part.trim());
  const absent = names.find((part) => !isThere(part, sample));
  const pair = [...pairs, ...questions].find(
    ({ user, assistant }) =>
      names.length > 1 &&
      names.at(-1) === assistant &&
      names[0] === user[0] &&
      names.slice(1, -1).every((part) => user.includes(part)),
  );
  if (pair !== undefined) {
    const asked = { user: names.slice(0, -1), assistant: pair.assistant };
    if (isThere(asked.user[0], sample) && isThere(asked.assistant, sample)) return asked;
  }
  if (absent !== undefined) throw missing(absent, present);
  return { names };
}

/** The columns of the texts as the records suggest them; undefined where none can hold them. */
export function findText(sample: Sample): TextFields | undefined {
  return guessText(sample, pathsOf(sample));
}

/** Whether records have turns, a question with its answer, or a field whose name says that it holds the text. */
export function hasNamedText(sample: Sample): boolean {
  const isThereAsText = (name: string): boolean => valuesOf(name, sample).some((value) => typeof value === 'string');
  return (
    listNames.some((name) => holdsTurns(name, sample)) ||
    pairIn([...pairs, ...questions], sample) !== undefined ||
    usual.text.some(isThereAsText)
  );
}

function guessText(sample: Sample, present: readonly string[]): TextFields | undefined {
  const named = listNames.find((name) => holdsTurns(name, sample));
  if (named !== undefined) return { list: named };
  const pair = pairIn(pairs, sample);
  if (pair !== undefined) return pair;
  const other = present.find((name) => holdsTurns(name, sample));
  if (other !== undefined) return { list: other };
  const called = calledText(present);
  // A name is believed where values are short, unless they look like ids or labels and another column looks like texts.
  const likely =
    called.find((name) => looksLikeTexts(valuesOf(name, sample))) ??
    called.find((name) => areShortTexts(valuesOf(name, sample)));
  if (likely !== undefined) return { names: [likely] };
  const question = pairIn(questions, sample);
  if (question !== undefined) return question;
  const name = longest(present, sample) ?? called.find((one) => isBelieved(one) && valuesOf(one, sample).some(isText));
  return name === undefined ? undefined : { names: [name] };
}

/** The paths whose names say that they hold the text, the likeliest first: `text`, a further column `text.1`, `fields.text`. */
function calledText(present: readonly string[]): string[] {
  const paths = usual.text.flatMap((name) =>
    present.filter((path) => new RegExp(`(^|\\.)${name}(\\.\\d+)?$`).test(path)),
  );
  const isNested = (path: string): boolean => /\.\D/.test(path);
  return [...paths.filter((path) => !isNested(path)), ...paths.filter(isNested)];
}

/** Whether a name says enough where values say nothing: a `document` of short codes is the name of one. */
const isBelieved = (path: string): boolean => !/(^|\.)document(\.\d+)?$/.test(path);

/** The first of these pairs that the records have; only those of its fields that are there. */
function pairIn(known: readonly PairFields[], sample: Sample): PairFields | undefined {
  const holds = (name: string): boolean =>
    most(valuesOf(name, sample), (value) => typeof value === 'string' || isTurnList(value));
  const found = known.find(({ user, assistant }) => holds(user[0]) && holds(assistant));
  if (found === undefined) return undefined;
  const user = found.user.filter(
    (name, i) => i === 0 || valuesOf(name, sample).some((value) => typeof value === 'string'),
  );
  return { user, assistant: found.assistant };
}

function guessLabel(role: 'id' | 'domain', sample: Sample): string | undefined {
  const fits = role === 'id' ? holdsLabels : holdsDomains;
  return usual[role].find(
    (name) => sample.some((fields) => Object.hasOwn(fields, name)) && fits(valuesOf(name, sample)),
  );
}

function valuesOf(name: string, sample: Sample): unknown[] {
  return sample.map((fields) => valueAt(fields, name) ?? null);
}

function isThere(name: string, sample: Sample): boolean {
  return sample.some((fields) => valueAt(fields, name) !== undefined);
}

function holdsTurns(name: string, sample: Sample): boolean {
  return most(valuesOf(name, sample), isTurnList);
}

/** For the most part: a few records may be broken. */
function most(values: readonly unknown[], fits: (value: unknown) => boolean): boolean {
  const given = values.filter((value) => value !== null);
  return given.filter(fits).length > given.length / 2;
}

function holdsLabels(values: readonly unknown[]): boolean {
  return most(values, isLabel);
}

/** What differs from record to record is no domain, however it is called. */
function holdsDomains(values: readonly unknown[]): boolean {
  const isShort = (value: unknown): boolean => String(value).length <= MAX_GUESSED_DOMAIN;
  return holdsLabels(values) && values.every((value) => value === null || isShort(value)) && repeats(values);
}

function repeats(values: readonly unknown[]): boolean {
  const distinct = new Set(values.filter((value) => value !== null));
  return values.length < 10 || distinct.size <= values.length / 2;
}

/** Several words, or signs of a script that writes no spaces: no ids, numbers, links or names of files. */
function looksLikeTexts(values: readonly unknown[]): boolean {
  const texts = values.filter(isText);
  if (texts.length === 0 || texts.length <= values.length / 10) return false;
  const isWordy = (value: string): boolean =>
    /\p{L}\P{L}*\s\P{L}*\p{L}/u.test(value.slice(0, 2000)) ||
    /[\p{scx=Han}\p{scx=Kana}\p{scx=Thai}\p{scx=Khmer}\p{scx=Lao}]{4}/u.test(value.slice(0, 2000));
  const length = texts.reduce((sum, value) => sum + value.length, 0) / texts.length;
  const isShort = length < SHORT && texts.length > 1 && new Set(texts).size === texts.length;
  return !isShort && texts.filter(isWordy).length > texts.length / 2;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** Words that mostly differ, however few: no codes such as `doc_17` or `a/b.txt`, no labels. */
function areShortTexts(values: readonly unknown[]): boolean {
  const texts = values.filter(isText);
  const isWord = (value: string): boolean => /\p{L}/u.test(value) && (/\s/.test(value) || !/[\d/_:]/.test(value));
  return (
    texts.length > values.length / 2 &&
    new Set(texts).size > texts.length / 2 &&
    texts.filter(isWord).length > texts.length / 2
  );
}

/** The column with the longest texts in the mean over all records. */
function longest(present: readonly string[], sample: Sample): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const name of present) {
    const values = valuesOf(name, sample);
    if (!looksLikeTexts(values) || (values.length >= 10 && repeats(values))) continue;
    const length = values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
    if (length > most) [best, most] = [name, length];
  }
  return best;
}

export function isLabel(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

export function missing(name: string, present: readonly string[]): UserError {
  return new UserError(`There is no column "${name}". The columns are: ${list(present)}.`, 'Name one of these.');
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 30).map((name) => JSON.stringify(name.slice(0, 60)));
  return shown.length === 0 ? 'none' : shown.join(', ') + (names.length > shown.length ? ', …' : '');
}
