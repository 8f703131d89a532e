import { formatNumber } from '../../base/format';
import { UserError } from '../../base/errors';
import { dialectNotes, dialectOf, looksLikeData } from './csv-dialect';
import { FieldParser, type FieldRules } from './csv-fields';
import { decodeHead, type SourceLine, MAX_RECORD_BYTES, readLines, tooLong } from './lines';
import type { ReadRecord, RejectedRecord } from './record';

export interface CsvOptions {
  /** Guessed from the header where it is not given. */
  readonly delimiter?: string;
  /** Whether the first row names the columns; where it is not said, the row must look like names. */
  readonly header?: boolean | undefined;
  /** The file, for messages. */
  readonly name?: string;
  readonly maxBytes?: number;
}

/** Bytes at the beginning of a table that tell how it is written. */
const HEAD = 2 ** 16;
/** More columns than any table of texts has: the delimiter is wrong. */
const MAX_COLUMNS = 4096;
/** Of the cap on a record: how much is read a second time after quotes that are never closed, in all of one file. */
const REREAD = 4;

/**
 * The rows of a table in CSV (RFC 4180, and what `dialectOf` knows beyond it) under a header row or without one. `tell` hears what
 * is unusual in how it is written. A broken record costs its first line only: what an unclosed quote swallowed is read again
 * from the next line on.
 * Throws UserError where the header is unusable, or looks like data and nobody has said what it is.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  options: CsvOptions = {},
  tell: (note: string) => void = () => undefined,
): AsyncGenerator<ReadRecord> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    yield* rowsOf(await peekHead(iterator), options, tell);
  } finally {
    await iterator.return?.();
  }
}

async function* rowsOf(
  { head, isWhole, all }: Peeked,
  options: CsvOptions,
  tell: (note: string) => void,
): AsyncGenerator<ReadRecord> {
  const maxBytes = options.maxBytes ?? MAX_RECORD_BYTES;
  const dialect = dialectOf(decodeHead(head), isWhole, options.delimiter);
  dialectNotes(dialect).forEach(tell);
  const source = new Rewindable(readLines(all, { ends: dialect.carriageReturns ? 'CR' : 'LF' }));
  if (dialect.hasDelimiterLine) await source.next();
  let reread = REREAD * maxBytes;
  let header: readonly string[] | undefined;

  for (;;) {
    const record = await readRecord(source, dialect, maxBytes);
    if (record === undefined) return;
    if ('reason' in record) {
      if (header === undefined) throw badHeader(record.reason, options);
      reread -= record.bytes;
      if (reread >= 0) source.rewind(record.swallowed);
      const lost =
        reread < 0 && record.swallowed.length > 0
          ? `; ${formatNumber(record.swallowed.length, 'line is', 'lines are')} lost with it`
          : '';
      yield { line: record.line, reason: record.reason + lost };
      continue;
    }
    if (header === undefined) {
      header = columnNames(record.values, options, tell);
      if (options.header !== false) continue;
    }
    if (record.values.length === header.length) yield { line: record.line, fields: toFields(header, record.values) };
    else
      yield {
        line: record.line,
        reason: `${formatNumber(record.values.length, 'field')} where the header has ${header.length}`,
      };
  }
}

/** The beginning of a stream, and the whole of it. */
interface Peeked {
  readonly head: Buffer;
  /** Whether there is no more than the beginning. */
  readonly isWhole: boolean;
  readonly all: AsyncIterable<Uint8Array>;
}

async function peekHead(chunks: AsyncIterator<Uint8Array>): Promise<Peeked> {
  const first: Uint8Array[] = [];
  let isWhole = false;
  for (let bytes = 0; bytes < HEAD && !isWhole;) {
    const next = await chunks.next();
    isWhole = next.done === true;
    if (next.done === true) break;
    first.push(next.value);
    bytes += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  const head = Buffer.concat(first);
  return { head: head.subarray(0, HEAD), isWhole: isWhole && head.length <= HEAD, all: all() };
}

/** Lines that can be put back. */
class Rewindable {
  private readonly lines: AsyncIterator<SourceLine>;
  /** The next one last. */
  private readonly waiting: SourceLine[] = [];

  constructor(lines: AsyncIterable<SourceLine>) {
    this.lines = lines[Symbol.asyncIterator]();
  }

  async next(): Promise<SourceLine | undefined> {
    const line = this.waiting.pop();
    if (line !== undefined) return line;
    const result = await this.lines.next();
    return result.done === true ? undefined : result.value;
  }

  rewind(lines: readonly SourceLine[]): void {
    for (let i = lines.length - 1; i >= 0; i--) this.waiting.push(lines[i]);
  }
}

interface Row {
  readonly line: number;
  readonly values: readonly string[];
}

interface BrokenRow extends RejectedRecord {
  /** The lines after its first that were read in search of its end, with their size. */
  readonly swallowed: readonly SourceLine[];
  readonly bytes: number;
}

/** The next record, undefined at the end. Blank lines between records are passed over. */
async function readRecord(
  source: Rewindable,
  rules: FieldRules,
  maxBytes: number,
): Promise<Row | BrokenRow | undefined> {
  let line = await source.next();
  while (line !== undefined && 'text' in line && line.text === '') line = await source.next();
  if (line === undefined) return undefined;
  const begin = line.number;
  const fields = new FieldParser(rules);
  const swallowed: SourceLine[] = [];
  let bytes = 0;
  const broken = (reason: string): BrokenRow => ({ line: begin, reason, swallowed, bytes });
  for (;;) {
    if ('reason' in line) return broken(line.reason);
    const state = fields.read(line.text, line.end);
    if (state === 'whole') return { line: begin, values: fields.values };
    if (state === 'stray') return broken('text after a closing quote, or a quote that is not closed');
    line = await source.next();
    if (line === undefined) return broken('a quote that is never closed');
    swallowed.push(line);
    bytes += 'text' in line ? line.text.length : 0;
    if (bytes > maxBytes) return broken(`a quote that is never closed, or a record ${tooLong(begin, maxBytes).reason}`);
  }
}

/** Names for all columns, each its own: a blank one is called by its place, a repeated one by its number, `text.1`. */
function columnNames(row: readonly string[], options: CsvOptions, tell: (note: string) => void): string[] {
  if (row.length > MAX_COLUMNS) throw badHeader(`it has ${row.length} columns`, options);
  if (options.header === false) return row.map((_, i) => `column ${i + 1}`);
  if (options.header === undefined && looksLikeData(row)) throw noHeader(row, options);
  const taken = new Set<string>();
  const repeated: string[] = [];
  const names = row.map((given, i) => {
    const name = given.trim() === '' ? `column ${i + 1}` : given.trim();
    let free = name;
    for (let copy = 1; taken.has(free); copy++) free = `${name}.${copy}`;
    if (free !== name) repeated.push(free);
    taken.add(free);
    return free;
  });
  if (repeated.length > 0)
    tell(`columns of the same name are called ${repeated.map((name) => `\`${name}\``).join(', ')}`);
  return names;
}

function toFields(header: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(header.map((name, i) => [name, values[i]]));
}

function badHeader(reason: string, { name = 'the table' }: CsvOptions): UserError {
  return new UserError(
    `The header row of ${name} is unusable: ${reason}.`,
    'Put the names of the columns in the first line, with one delimiter throughout.',
  );
}

function noHeader(row: readonly string[], { name = 'the table' }: CsvOptions): UserError {
  const shown = row.map((cell) => JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell)).slice(0, 5);
  return new UserError(
    `The first row of ${name} looks like data, not like names of columns: ${shown.join(', ')}.`,
    'If it holds names, set {header}. If it is data, set --no-header (in the editor: no); columns are then called "column 1", "column 2".',
  );
}
