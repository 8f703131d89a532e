/** Tells from the beginning of a table how it is written. */
import { FieldParser, type FieldRules } from './csv-fields';

export interface Dialect extends FieldRules {
  /** CR alone ends lines: what old Macs wrote, and some spreadsheets still do. */
  readonly carriageReturns: boolean;
  /** The first line only names the delimiter, for spreadsheets: `sep=;`. */
  readonly hasDelimiterLine: boolean;
}

const delimiters = [',', ';', '\t', '|'];
const names: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };
const delimiterLine = /^\uFEFF?"?sep=([^"\r\n])"?\r?$/i;

/** `head`: the beginning of the table; `isWhole`: there is no more. A delimiter that is given is believed. */
export function dialectOf(head: string, isWhole: boolean, given?: string): Dialect {
  const carriageReturns = head.includes('\r') && !head.includes('\n');
  const lines = head.replace(/^\uFEFF/, '').split(carriageReturns ? '\r' : /\r?\n/);
  // The last line may be cut.
  if (!isWhole && lines.length > 1) lines.pop();
  const named = delimiterLine.exec(lines[0])?.[1];
  if (named !== undefined) lines.shift();
  const delimiter = named ?? given ?? guessDelimiter(lines.find((line) => line !== '') ?? '');
  const rules = fieldRules(lines, delimiter, isWhole);
  return { ...rules, carriageReturns, hasDelimiterLine: named !== undefined };
}

/** What is unusual in a table, in words; empty where nothing is. */
export function dialectNotes(dialect: Dialect): string[] {
  const { delimiter, carriageReturns, escapes = false, spaces = false, plain = false, hasDelimiterLine } = dialect;
  const notes: readonly (readonly [boolean, string])[] = [
    [hasDelimiterLine, `its first line says that ${names[delimiter] ?? `"${delimiter}"`} part the fields`],
    [carriageReturns, 'CR alone ends its lines'],
    [escapes, 'backslashes escape its quotes'],
    [spaces, 'spaces stand before its quotes'],
    [plain, 'its quotes are ordinary characters'],
  ];
  return notes.flatMap(([applies, note]) => (applies ? [note] : []));
}

/** Whether a first row can hardly be names of columns: a cell is a number, or as long as a text. */
export function looksLikeData(row: readonly string[]): boolean {
  return row.some(
    (cell) => /^\s*-?\d+([.,]\d+)*\s*$/.test(cell) || cell.length > 100 || cell.trim().split(/\s+/).length > 7,
  );
}

/** RFC 4180 unless other rules explain more of the rows. */
function fieldRules(lines: readonly string[], delimiter: string, isWhole: boolean): FieldRules {
  const trials = [{ delimiter }, { delimiter, escapes: true }].map((rules) => ({
    rules,
    ...tryRules(lines, rules, isWhole),
  }));
  let best = trials[1].wrong < trials[0].wrong ? trials[1] : trials[0];
  const spaced = { ...best.rules, spaces: true };
  const trial = tryRules(lines, spaced, isWhole);
  if (trial.spaced > trial.rows / 2 && trial.wrong <= best.wrong) best = { rules: spaced, ...trial };
  if (delimiter !== '\t' || best.wrong === 0) return best.rules;
  const plain = { delimiter, plain: true };
  return tryRules(lines, plain, isWhole).wrong < best.wrong ? plain : best.rules;
}

interface Trial {
  readonly rows: number;
  /** Rows with quotes that make no sense, or with more or fewer fields than the first. */
  readonly wrong: number;
  /** Rows with quoted fields that spaces surround. */
  readonly spaced: number;
}

function tryRules(lines: readonly string[], rules: FieldRules, isWhole: boolean): Trial {
  let [rows, wrong, spaced] = [0, 0, 0];
  let width: number | undefined;
  let parser = new FieldParser(rules);
  let isOpen = false;
  for (const line of lines) {
    if (line === '' && !isOpen) continue;
    const state = parser.read(line, '\n');
    isOpen = state === 'open';
    if (isOpen) continue;
    rows++;
    width ??= parser.values.length;
    if (state === 'stray' || parser.values.length !== width) wrong++;
    if (parser.spaced > 0) spaced++;
    parser = new FieldParser(rules);
  }
  if (isOpen && isWhole) wrong++;
  return { rows, wrong, spaced };
}

/** The delimiter that the header has most of, outside of quotes. */
function guessDelimiter(header: string): string {
  const plain = header.replaceAll(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => plain.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))];
}
