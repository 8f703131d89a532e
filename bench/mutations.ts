/** Damages files at random, reads them as an import does and as DuckDB does, and tells what came out: right, told, or wrong in silence. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../backend/base/errors';
import { createRandom, type Random } from '../backend/base/random';
import { type FileFormat, formatOf } from '../backend/corpus/import/formats';
import { readRecords } from '../backend/corpus/import/reader';
import { isRejected } from '../backend/corpus/import/record';
import { findSource } from '../backend/corpus/import/source';
import { type DuckDBConnection, literal, openDatabase, parquetFile } from '../backend/store/duckdb';

const ROWS = 30;
const formats = ['jsonl', 'csv', 'parquet'] as const satisfies readonly FileFormat[];
type Format = (typeof formats)[number];
/** Bytes that mean something to a format, and some that never do. */
const pointed = Buffer.from('"\\,;{}[]:\n\r\0 \t-0\xff', 'latin1');

/** Cells of a row as strings: id, text, and a number. */
type Row = readonly string[];

interface Reading {
  readonly rows: readonly Row[];
  /** Why there are no more; undefined where nothing was said. */
  readonly told: string | undefined;
}

export interface Tally {
  readonly format: Format;
  /** As DuckDB reads it without complaint, or all records of before that the damage did not touch. */
  right: number;
  /** With an error or rejected rows, and nothing wrong beside them. */
  told: number;
  /** What is wrong although nothing was said. */
  readonly silent: string[];
}

/** Damages a file of each format so often. The same seed makes the same damage. */
export async function mutateImports(count: number, seed: number): Promise<Tally[]> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-mutations-'));
  const instance = await openDatabase({ memory: 256, threads: 1 });
  const connection = await instance.connect();
  try {
    const tallies: Tally[] = [];
    for (const [i, format] of formats.entries())
      tallies.push(await mutateFormat(format, count, folder, connection, createRandom(seed, i)));
    return tallies;
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}

async function mutateFormat(
  format: Format,
  count: number,
  folder: string,
  connection: DuckDBConnection,
  random: Random,
): Promise<Tally> {
  const rows = Array.from({ length: ROWS }, (_, i): Row => [`d${i}`, textOf(i, random), `${random.below(1000)}`]);
  const path = join(folder, `damaged.${format}`);
  const whole = await bytesOf(format, rows, folder, connection);
  const tally: Tally = { format, right: 0, told: 0, silent: [] };
  for (let i = 0; i < count; i++) {
    const { bytes, from, to } = damaged(whole, random);
    await writeFile(path, bytes);
    const [own, other] = [await ownReading(path), await duckReading(format, path, connection)];
    const kept = format === 'parquet' ? [] : untouched(rows, whole, from, to, format);
    const wrong = judge(own, other, kept, rows);
    if (wrong !== undefined)
      tally.silent.push(
        `${format} ${i}: ${wrong}; ${JSON.stringify(bytes.subarray(Math.max(0, from - 60), from + 60).toString('latin1'))}`,
      );
    else if (own.told === undefined) tally.right++;
    else tally.told++;
  }
  return tally;
}

/** What is wrong with a reading; undefined where nothing is. `kept`: the rows that the damage did not touch, of `all`. */
function judge(own: Reading, other: Reading, kept: readonly Row[], all: readonly Row[]): string | undefined {
  const keys = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row));
  const mine = keys(own.rows);
  if (own.told === undefined && other.told === undefined) {
    const theirs = keys(other.rows);
    const place = [...theirs, undefined].findIndex((row, i) => row !== mine.at(i));
    if (place === -1 || mine.length + theirs.length === 2 * place) return undefined;
    return `row ${place}: ${mine.at(place)} and not ${theirs.at(place)}, ${mine.length} rows and not ${theirs.length}`;
  }
  const before = new Set(keys(all));
  const made = mine.filter((row) => !before.has(row)).length;
  if (made > all.length - kept.length + 1) return `${made} rows that were not there before`;
  if (own.told !== undefined) return undefined;
  const found = new Set(mine);
  const lost = keys(kept).filter((row) => !found.has(row));
  return lost.length === 0 ? undefined : `lost ${lost.length}, first ${lost[0]}; DuckDB: ${other.told}`;
}

function textOf(index: number, random: Random): string {
  const words = Array.from({ length: 5 + random.below(10) }, () => random.below(36 ** 4).toString(36));
  const extra = ['', ' "quoted", and more', ' größer 🙂', '\nsecond line', ' back\\slash'][index % 5];
  return `${words.join(' ')}${extra} end`;
}

async function bytesOf(
  format: Format,
  rows: readonly Row[],
  folder: string,
  connection: DuckDBConnection,
): Promise<Buffer> {
  if (format === 'jsonl')
    return Buffer.from(rows.map(([id, text, n]) => `${JSON.stringify({ id, text, n: Number(n) })}\n`).join(''));
  if (format === 'csv') {
    const cell = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    return Buffer.from([['id', 'text', 'n'], ...rows].map((row) => `${row.map(cell).join(',')}\n`).join(''));
  }
  const path = join(folder, 'whole.parquet');
  const values = rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ');
  await connection.run(`COPY (SELECT * FROM (VALUES ${values}) t(id, text, n)) TO ${literal(path)} (FORMAT parquet)`);
  return readFile(path);
}

interface Damage {
  readonly bytes: Buffer;
  /** What was changed of the whole file. */
  readonly from: number;
  readonly to: number;
}

function damaged(whole: Buffer, random: Random): Damage {
  const from = random.below(whole.length);
  const span = 1 + random.below(random.below(2) === 0 ? 3 : 80);
  const to = Math.min(whole.length, from + span);
  const put = (middle: Uint8Array, end: number): Damage => ({
    bytes: Buffer.concat([whole.subarray(0, from), middle, whole.subarray(end)]),
    from,
    to: end,
  });
  switch (random.below(6)) {
    case 0:
      return put(Buffer.from([whole[from] ^ (1 << random.below(8))]), from + 1);
    case 1:
      return put(Buffer.from([pointed[random.below(pointed.length)]]), from + 1);
    case 2:
      return put(Buffer.from([pointed[random.below(pointed.length)]]), from);
    case 3:
      return put(Buffer.alloc(0), to);
    case 4:
      return put(whole.subarray(from, to), from);
    default:
      return { bytes: whole.subarray(0, from), from, to: whole.length };
  }
}

/** The rows whose lines the damage did not touch. */
function untouched(rows: readonly Row[], whole: Buffer, from: number, to: number, format: Format): Row[] {
  return rows.filter(([id, , n]) => {
    const begin = whole.indexOf(format === 'csv' ? `\n${id},` : `{"id":"${id}"`);
    const end = whole.indexOf(format === 'csv' ? `,${n}\n` : '}\n', begin) + 3;
    return end <= from || begin > to;
  });
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function ownReading(path: string): Promise<Reading> {
  const rows: Row[] = [];
  let told: string | undefined;
  try {
    const source = await findSource({ source: path, format: formatOf(path) }, new AbortController().signal);
    const tell = (_: string, form: string): void => void (told ??= form);
    for await (const { record } of readRecords(source, { tell })) {
      if (isRejected(record)) told ??= record.reason;
      else if (source.format !== 'jsonl') rows.push(Object.values(record.fields).map(cellOf));
      else if (typeof record.fields.text !== 'string') told ??= 'no text';
      else rows.push(['id', 'text', 'n'].map((name) => cellOf(record.fields[name])));
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    told = error.message;
  }
  return { rows, told };
}

async function duckReading(format: Format, path: string, connection: DuckDBConnection): Promise<Reading> {
  const table = {
    jsonl: `read_json(${literal(path)}, format = 'newline_delimited', columns = {id: 'VARCHAR', text: 'VARCHAR', n: 'VARCHAR'})`,
    csv: `read_csv(${literal(path)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {'id': 'VARCHAR', 'text': 'VARCHAR', 'n': 'VARCHAR'})`,
    parquet: parquetFile(path),
  }[format];
  try {
    const reader = await connection.runAndReadAll(`SELECT * FROM ${table}`);
    return { rows: reader.getRows().map((row) => row.map((cell) => String(cell ?? ''))), told: undefined };
  } catch (error) {
    return { rows: [], told: error instanceof Error ? error.message.split('\n', 1)[0].slice(0, 120) : String(error) };
  }
}
