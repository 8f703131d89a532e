import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../base/errors';
import { figureForms } from '../base/figure-table';
import { isThere, writeWhole } from '../base/files';
import { entryOf } from '../base/table';
import type { EvaluationRecord } from '../protocol/records';
import { evaluationTable } from './evaluation-table';
import type { Given, Result } from '../protocol/messages';
import { expertLetter } from '../base/letter';
import type { Assignments } from '../store/splits';
import { literal, openDatabase, parquetFile } from '../store/duckdb';
import { StoreSession } from '../store/session';
import type { Store } from '../store/store';

type Format = Given<'export'>['format'];

const formats: Readonly<Record<Given<'export'>['what'], readonly Format[]>> = {
  experts: ['peft'],
  labels: ['jsonl', 'csv', 'parquet'],
  evaluation: ['json', 'csv', 'md', 'tex'],
  council: ['json'],
  dataset: ['jsonl', 'csv', 'parquet'],
};

/** Writes something of the project to a new file or folder, whole or not at all. Nothing that is there is overwritten. */
export async function exportFrom(
  store: Store,
  { what, id, format, path: given }: Given<'export'>,
): Promise<Result<'export'>> {
  const path = resolve(given);
  if (!formats[what].includes(format)) {
    throw new UserError(`There is no export of ${what} as ${format}.`, `Choose ${formats[what].join(', ')}.`);
  }
  if (await isThere(path)) throw new UserError(`${path} is there already.`, 'Choose another name, or move it away.');
  await publish(path, await writer(store, what, id, format));
  return measure(path);
}

type Writer = (making: string) => Promise<void>;

/** What writes the export to the path that it is given. Throws UserError where the project does not have what is asked for. */
async function writer(store: Store, what: Given<'export'>['what'], id: string, format: Format): Promise<Writer> {
  switch (what) {
    case 'experts': {
      await store.experts.get(id);
      await store.files.require('experts', id);
      return (making) => cp(store.experts.folderOf(id), making, { recursive: true });
    }
    case 'evaluation':
      return evaluationWriter(await store.evaluations.get(id), format);
    case 'council':
      return writeJson(await store.councils.get(id));
    case 'dataset': {
      await store.datasets.get(id);
      await store.files.require('datasets', id);
      const columns = '* EXCLUDE (preview, length) REPLACE (metadata::JSON AS metadata)';
      return (making) => copyRows(`SELECT ${columns} FROM ${parquet(store, id)}`, format, making);
    }
    case 'labels':
      return labelsWriter(store, id, format);
  }
}

/** All of it as JSON, or its systems as a table. */
function evaluationWriter(record: EvaluationRecord, format: Format): Writer {
  if (format !== 'csv' && format !== 'md' && format !== 'tex') return writeJson(record);
  const text = figureForms[format](evaluationTable(record));
  return (making) => writeWhole(making, text);
}

function writeJson(record: unknown): Writer {
  return (making) => writeWhole(making, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** One row per clustered document: its id, its pile as it is now, and the name of the pile. */
async function labelsWriter(store: Store, id: string, format: Format): Promise<Writer> {
  const { dataset } = await store.splits.get(id);
  const piles = await store.piles.list(id);
  const assignments = await store.splits.assignments(id);
  const named = piles.map(({ pile, name }) => `(${pile}, ${literal(expertLetter(pile))}, ${literal(name)})`);
  const query = `
    SELECT documents.index, documents.id, names.letter AS pile, names.name AS pile_name, documents.domain
    FROM labels
    JOIN ${parquet(store, dataset)} AS documents ON documents.index = labels.document
    JOIN (VALUES ${named.join(',')}) AS names(pile, letter, name) ON names.pile = labels.pile
    ORDER BY documents.index`;
  return (making) => copyRows(query, format, making, assignments);
}

function parquet(store: Store, dataset: string): string {
  return parquetFile(join(store.datasets.folderOf(dataset), 'documents.parquet'));
}

const copyOptions: Readonly<Record<'jsonl' | 'csv' | 'parquet', string>> = {
  jsonl: 'FORMAT json',
  csv: 'FORMAT csv, HEADER',
  parquet: "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480, ROW_GROUP_SIZE_BYTES '16MB'",
};

/** Writes the rows of a query, which finds the assignments in a table `labels`. */
async function copyRows(query: string, format: Format, making: string, assignments?: Assignments): Promise<void> {
  const options = entryOf<string>(copyOptions, format);
  if (options === undefined) throw new Error(`rows have no form ${format}`);
  const temporary = `${making}.spill`;
  // A single thread keeps the order of the file; a promise to keep it would cost memory.
  const instance = await openDatabase({ memory: 256, threads: 1, keepOrder: false, temporary });
  const connection = await instance.connect();
  try {
    if (assignments !== undefined) {
      const { documents, piles } = assignments;
      await connection.run('CREATE TABLE labels (document INTEGER, pile INTEGER)');
      await new StoreSession(connection).append('labels', documents.length, [
        (row) => documents[row],
        (row) => piles[row],
      ]);
    }
    await connection.run(`COPY (${query}) TO ${literal(making)} (${options})`);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Lets it be written under a name of its own, and gives it its path when it is whole. A failure leaves nothing behind. */
async function publish(path: string, write: Writer): Promise<void> {
  const making = `${path}.${randomBytes(6).toString('hex')}.part`;
  const folder = dirname(path);
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true });
    await write(making);
    await rename(making, path);
  } catch (error) {
    await rm(making, { recursive: true, force: true }).catch(() => undefined);
    if (made !== undefined) await removeEmptyFolders(folder, made);
    throw explained(error, path);
  }
}

/** Removes a folder and those above it up to `last`, as far as nothing else is in them. */
async function removeEmptyFolders(folder: string, last: string): Promise<void> {
  for (let at = folder; at.startsWith(last); at = dirname(at)) await rmdir(at).catch(() => undefined);
}

// What the disk does, and files of the project that are missing or damaged, in the words of DuckDB.
const causedOutside = /^(IO|Permission|Invalid|Invalid Input|Serialization|Out of Memory) Error: /;

function explained(error: unknown, path: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if (!('code' in error) && !causedOutside.test(error.message)) return error;
  const reason = error.message.split('\n', 1)[0].slice(0, 300);
  return new UserError(`${path} was not written: ${reason}`, 'Mend what is named, or choose another place.');
}

async function measure(path: string): Promise<Result<'export'>> {
  const info = await stat(path);
  if (info.isFile()) return { files: [path], bytes: info.size };
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return { files, bytes };
}
