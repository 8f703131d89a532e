import { UserError } from '../../base/errors';
import { type SourceLine, MAX_RECORD_BYTES, tooLong } from './lines';
import type { ReadRecord, RejectedRecord } from './record';

export interface CsvOptions {
  /** Guessed from the header where it is not given. */
  readonly delimiter?: string;
  readonly maxBytes?: number;
}

const QUOTE = '"';
const delimiters = [',', ';', '\t', '|'];
/** More columns than any table of texts has: the delimiter is wrong. */
const MAX_COLUMNS = 4096;
/** Of the cap on a record: how much is read a second time after quotes that are never closed, in all of one file. */
const REREAD = 4;

/**
 * The rows of a table in CSV (RFC 4180) under a header row. A quote inside an unquoted field is an ordinary character.
 * A broken record costs its first line only: what an unclosed quote swallowed is read again from the next line on.
 * Throws UserError where the header is unusable.
 */
export async function* readCsv(lines: AsyncIterable<SourceLine>, options: CsvOptions = {}): AsyncGenerator<ReadRecord> {
  const maxBytes = options.maxBytes ?? MAX_RECORD_BYTES;
  const source = new Rewindable(lines);
  const first = await source.next();
  if (first === undefined) return;
  if ('reason' in first) throw badHeader(first.reason);
  source.rewind([first]);
  const delimiter = options.delimiter ?? guessDelimiter(first.text);
  let reread = REREAD * maxBytes;
  let header: string[] | undefined;

  for (;;) {
    const record = await readRecord(source, delimiter, maxBytes);
    if (record === undefined) return;
    if ('reason' in record) {
      if (header === undefined) throw badHeader(record.reason);
      reread -= record.bytes;
      if (reread >= 0) source.rewind(record.swallowed);
      const lost =
        reread < 0 && record.swallowed.length > 0 ? `; ${record.swallowed.length} lines are lost with it` : '';
      yield { line: record.line, reason: record.reason + lost };
    } else if (header === undefined) header = columnNames(record.values);
    else if (record.values.length === header.length)
      yield { line: record.line, fields: toFields(header, record.values) };
    else yield { line: record.line, reason: `${record.values.length} fields where the header has ${header.length}` };
  }
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
  delimiter: string,
  maxBytes: number,
): Promise<Row | BrokenRow | undefined> {
  let line = await source.next();
  while (line !== undefined && 'text' in line && line.text === '') line = await source.next();
  if (line === undefined) return undefined;
  const begin = line.number;
  const fields = new FieldParser(delimiter);
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

/** Takes a record line by line. */
class FieldParser {
  readonly values: string[] = [];
  /** What a quoted field holds so far; undefined outside of one. */
  private quoted: string | undefined;

  constructor(private readonly delimiter: string) {}

  /** `open`: a quoted field goes on in the next line. `stray`: the quotes make no sense. */
  read(text: string, end: string): 'whole' | 'open' | 'stray' {
    let place = 0;
    for (;;) {
      if (this.quoted === undefined && text[place] !== QUOTE) {
        const next = text.indexOf(this.delimiter, place);
        this.values.push(next === -1 ? text.slice(place) : text.slice(place, next));
        if (next === -1) return 'whole';
        place = next + 1;
        continue;
      }
      if (this.quoted === undefined) {
        this.quoted = '';
        place++;
      }
      const close = text.indexOf(QUOTE, place);
      if (close === -1) {
        this.quoted += text.slice(place) + end;
        return 'open';
      }
      this.quoted += text.slice(place, close);
      place = close + 1;
      if (text[place] === QUOTE) {
        this.quoted += QUOTE;
        place++;
        continue;
      }
      this.values.push(this.quoted);
      this.quoted = undefined;
      if (place === text.length) return 'whole';
      if (text[place] !== this.delimiter) return 'stray';
      place++;
    }
  }
}

/** The delimiter that the header has most of, outside of quotes. */
function guessDelimiter(header: string): string {
  const plain = header.replaceAll(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => plain.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))];
}

/** Names for all columns, each its own: a blank one is called by its place, a repeated one by its number. */
function columnNames(header: readonly string[]): string[] {
  if (header.length > MAX_COLUMNS) throw badHeader(`it has ${header.length} columns`);
  const taken = new Set<string>();
  return header.map((given, i) => {
    const name = given.trim() === '' ? `column ${i + 1}` : given.trim();
    let free = name;
    for (let copy = 2; taken.has(free); copy++) free = `${name}#${copy}`;
    taken.add(free);
    return free;
  });
}

function toFields(header: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(header.map((name, i) => [name, values[i]]));
}

function badHeader(reason: string): UserError {
  return new UserError(
    `The header row is unusable: ${reason}.`,
    'Put the names of the columns in the first line, with one delimiter throughout.',
  );
}
