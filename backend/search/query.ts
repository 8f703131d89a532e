/**
 * What people write to find documents: words that must all occur, "words in this order", beginnings*, -without, and filters. Free of schemas, as
 * `filters.ts`.
 */
import { UserError } from '../base/errors';
import type { Comparison } from '../base/comparison';
import { type FilterName, filterNamed, filterNames, filterTable } from './filters';
import { wordsOf } from './words';

/** What is looked for: words that follow each other; of the last one perhaps the beginning alone. */
export interface Needle {
  readonly words: readonly string[];
  readonly isBeginning: boolean;
}

export interface Needles {
  /** All of them stand in a document that is found. */
  readonly required: readonly Needle[];
  readonly without: readonly Needle[];
}

export interface AskedFilter {
  readonly name: FilterName;
  /** As it was written. */
  readonly written: string;
  /** Whether those are wanted that are not so. */
  readonly isNegated: boolean;
  /** Any of these; empty for numbers. */
  readonly values: readonly string[];
  /** All of these; empty for names. */
  readonly comparisons: readonly Comparison[];
}

export interface Query extends Needles {
  readonly filters: readonly AskedFilter[];
}

/** Parts of a query stand between spaces that are in no quotes. */
const PART = /(?:"[^"]*(?:"|$)|[^\s"])+/gu;

/** The parts of a query as they were written, with plain quotes for those that word processors make. */
export const partsOf = (query: string): string[] => query.replaceAll(/[“”„]/g, '"').match(PART) ?? [];

/**
 * `isTyping`: the query is not finished, so its last word may be the beginning of one, and what is not whole yet is passed over. Throws
 * UserError where it cannot be understood.
 */
export function parseQuery(query: string, isTyping = false): Query {
  const found = { required: [] as Needle[], without: [] as Needle[], filters: [] as AskedFilter[] };
  const parts = partsOf(query);
  parts.forEach((part, i) => {
    const isOpen = isTyping && i === parts.length - 1 && (!/\s$/u.test(query) || /\s$/u.test(part));
    const isNegated = part.length > 1 && part.startsWith('-');
    const [, name, value] = /^-?([\p{L}_-]+):(.*)$/su.exec(part) ?? [];
    if (name === undefined || value === undefined) {
      const needle = needleOf(isNegated ? part.slice(1) : part, isOpen);
      if (needle !== undefined) found[isNegated ? 'without' : 'required'].push(needle);
    } else if (!isOpen || isWhole(name, value)) found.filters.push(filterOf(part, name, value, isNegated));
  });
  return found;
}

/** The query with a filter, or without it where it stands there already. */
export function toggled(query: string, filter: string): string {
  const parts = partsOf(query);
  const rest = parts.filter((part) => part.toLowerCase() !== filter.toLowerCase());
  return (rest.length < parts.length ? rest : [...parts, filter]).join(' ');
}

/** A value as it stands in a query. */
export const quoted = (value: string): string => (/[\s",]/u.test(value) ? `"${value.replaceAll('"', '')}"` : value);

function needleOf(part: string, isOpen: boolean): Needle | undefined {
  const isQuoted = part.startsWith('"');
  if (isQuoted && !isOpen && !/^"[^"]*"\*?$/u.test(part)) {
    throw new UserError(`The quotes of ${part} have no end.`, 'Close them: "words in this order".');
  }
  const words = wordsOf(part);
  if (words.length === 0) {
    if (isOpen) return undefined;
    throw new UserError(
      `${part} has no letter and no digit, and only words can be found.`,
      'Leave it out, or name a word that stands beside it.',
    );
  }
  // A single letter begins too much to say anything.
  const isBegun = isOpen && !/.["\s]$/u.test(part) && words[words.length - 1].length > 1;
  return { words, isBeginning: part.endsWith('*') || isBegun };
}

/** Whether a filter can be meant as it stands, while it is still being typed. */
function isWhole(name: string, value: string): boolean {
  const known = filterNamed(name);
  if (known === undefined) return false;
  const { form } = filterTable[known];
  if (form.type === 'choice') return value.split(',').every((one) => Object.hasOwn(form.choices, one.toLowerCase()));
  return form.type === 'numbers' ? comparisonsIn(value) !== undefined : value !== '' && value !== '"';
}

function filterOf(written: string, given: string, value: string, isNegated: boolean): AskedFilter {
  const name = filterNamed(given);
  if (name === undefined) {
    throw new UserError(
      `${written}: there is no filter ${given}.`,
      `Filters are ${filterNames.map((one) => `${one}:`).join(' ')}; for the text itself write quotes around it.`,
    );
  }
  const { form, example, help } = filterTable[name];
  const refuse = (message: string, next: string): never => {
    throw new UserError(`${written}: ${message}`, next);
  };
  if (value.replaceAll('"', '').trim() === '') refuse(`what follows ${name}: is missing.`, `It is ${help}: ${example}`);
  if (form.type === 'scope' && isNegated) refuse('nothing can be left out here.', `Name where to look: ${example}`);
  if (form.type === 'numbers') {
    const comparisons =
      comparisonsIn(value) ?? refuse('that is no number.', `Write it so: ${name}:<0.5, ${name}:>=3, ${name}:0.2..0.7`);
    return { name, written, isNegated, values: [], comparisons };
  }
  const values = form.type === 'scope' ? [value.replaceAll('"', '')] : listOf(value);
  if (form.type === 'choice') {
    const stranger = values.find((one) => !Object.hasOwn(form.choices, one.toLowerCase()));
    if (stranger !== undefined) {
      refuse(`${name}: knows no ${stranger}.`, `Choose among ${Object.keys(form.choices).join(', ')}.`);
    }
    return { name, written, isNegated, values: values.map((one) => one.toLowerCase()), comparisons: [] };
  }
  return { name, written, isNegated, values, comparisons: [] };
}

/** What stands between commas, which in quotes are none. */
const listOf = (value: string): string[] =>
  (value.match(/(?:"[^"]*(?:"|$)|[^,"])+/gu) ?? [])
    .map((one) => one.replaceAll('"', '').trim())
    .filter((one) => one !== '');

const NUMBER = String.raw`(\d+(?:\.\d*)?|\.\d+)(%?)`;
const RANGE = new RegExp(`^${NUMBER}\\.\\.${NUMBER}$`);
const BOUND = new RegExp(`^(<=|>=|<|>|=)?${NUMBER}$`);

function comparisonsIn(value: string): Comparison[] | undefined {
  const number = (digits: string, percent: string): number => Number(digits) / (percent === '%' ? 100 : 1);
  const range = RANGE.exec(value);
  if (range !== null) {
    return [
      { operator: '>=', value: number(range[1], range[2]) },
      { operator: '<=', value: number(range[3], range[4]) },
    ];
  }
  const bound = BOUND.exec(value);
  if (bound === null) return undefined;
  return [{ operator: (bound[1] ?? '=') as Comparison['operator'], value: number(bound[2], bound[3]) }];
}
