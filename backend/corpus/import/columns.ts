import { UserError } from '../../base/errors';
import type { SourceOptions } from './options';
import { field } from './record';

/** Which field of a record holds what. */
export interface Columns {
  readonly text: string;
  readonly id?: string;
  readonly domain?: string;
}

/** The usual names, the likeliest first. */
const usual = {
  text: ['text', 'content', 'body', 'document'],
  id: ['id', '_id', 'doc_id', 'uuid'],
  domain: ['domain', 'label', 'category', 'subject', 'topic', 'genre', 'source'],
};

/** Longest name of a domain that is guessed to be one. */
const MAX_GUESSED_DOMAIN = 100;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The columns that the user named, and the rest as the first records suggest. An empty name means: there is no such column.
 * Throws UserError where a named column is missing, or none can hold the text.
 */
export function chooseColumns(asked: SourceOptions['columns'], sample: readonly Fields[]): Columns {
  const present = [...new Set(sample.flatMap((fields) => Object.keys(fields)))];
  const choose = (role: keyof Columns): string | undefined => {
    const name = asked[role];
    if (name !== undefined && name !== '' && !present.includes(name)) throw missing(name, present);
    return name ?? guess(role, present, sample);
  };
  const [text, id, domain] = [choose('text'), choose('id'), choose('domain')];
  if (text === undefined || text === '') {
    throw new UserError(`No column holds texts. The columns are: ${list(present)}.`, 'Name the one with the texts.');
  }
  return {
    text,
    ...(id !== undefined && id !== '' && id !== text && { id }),
    ...(domain !== undefined && domain !== '' && domain !== text && { domain }),
  };
}

function guess(role: keyof Columns, present: readonly string[], sample: readonly Fields[]): string | undefined {
  const valuesOf = (name: string): unknown[] => sample.map((fields) => field(fields, name) ?? null);
  const fits = { text: holdsText, id: holdsLabels, domain: holdsDomains }[role];
  const found = usual[role].find((name) => present.includes(name) && fits(valuesOf(name)));
  return found ?? (role === 'text' ? longest(present, valuesOf) : undefined);
}

function holdsText(values: readonly unknown[]): boolean {
  return values.some((value) => typeof value === 'string');
}

/** For the most part: a few records may be broken. */
function holdsLabels(values: readonly unknown[]): boolean {
  const given = values.filter((value) => value !== null);
  return given.filter(isLabel).length > given.length / 2;
}

/** What differs from record to record is no domain, however it is called. */
function holdsDomains(values: readonly unknown[]): boolean {
  const distinct = new Set(values.filter((value) => value !== null));
  const isShort = (value: unknown): boolean => String(value).length <= MAX_GUESSED_DOMAIN;
  return (
    holdsLabels(values) && [...distinct].every(isShort) && (values.length < 10 || distinct.size <= values.length / 2)
  );
}

/** The column with the longest strings in the mean over all records. */
function longest(present: readonly string[], valuesOf: (name: string) => unknown[]): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const name of present) {
    const length = valuesOf(name).reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? value.length : 0),
      0,
    );
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
