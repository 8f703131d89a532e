/**
 * The documents of datasets, in `datasets/<id>/documents.parquet`: rows sorted by `index`, in small row groups, so that
 * a page of a listing reads a few of them. Listings never read the texts, which are nearly all of the file.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../base/errors';
import { exists } from '../base/files';
import { documentRow, fullDocument, rejectionRecord, turn } from '../protocol/records';
import type { DatasetRecord, DocumentRow, FullDocument, RejectionRecord, Side, Turn } from '../protocol/records';
import type { Database } from './database';
import type { Datasets } from './datasets';
import type { Files } from './files';
import { excludedAmong, excludedDocuments } from './exclusions';
import { linkedAmong } from './links';
import { literal, openDatabase, parquetFile } from './duckdb';
import { isDiskFull } from './failures';
import { countOf, type PageOf, type PageRequest } from './record-table';
import { integerList, StoreSession, type SqlValue } from './session';

/** Counts of filtered listings that are kept: datasets never change. */
const COUNTS = 200;

const rowColumns = 'index, id, preview, length, side, domain, duplicate_of AS "duplicateOf", duplicate';
/** Those of these columns that a file has: earlier versions wrote none of turns. */
const columnsThere = (...names: readonly string[]): string =>
  `COLUMNS(name -> name IN (${names.map(literal).join(', ')}))`;
const turnList = z.array(turn);
const indexRow = z.object({ index: z.int() });

export interface DocumentFilter {
  readonly side?: Side | undefined;
  readonly domain?: string | undefined;
  readonly duplicates?: 'only' | 'without' | undefined;
  /** Only those that a person took out of all runs. */
  readonly excluded?: true | undefined;
  /** Only documents whose text holds this, letter case ignored: reads all texts. */
  readonly contains?: string | undefined;
}

export class Documents {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly datasets: Datasets,
    private readonly files: Files,
  ) {}

  /** In the order of the dataset. Throws UserError where the dataset's file is missing or damaged. */
  async list(request: PageRequest & DocumentFilter & { readonly dataset: string }): Promise<PageOf<DocumentRow>> {
    const dataset = await this.datasets.get(request.dataset);
    const { offset, limit } = request;
    return this.reading(dataset.id, async (session, file) => {
      const among = request.excluded && (await excludedDocuments(session, dataset.id));
      const [where, values] = conditions(request, among);
      const source = { dataset: dataset.id, file };
      if (where === '') {
        const end = Math.min(offset + limit, dataset.documents.total);
        const items = await rows(session, source, `index >= ${offset} AND index < ${end}`, Math.max(0, end - offset));
        return { total: dataset.documents.total, items };
      }
      const total = knownCount(dataset, request) ?? (await this.count(session, dataset.id, file, where, values));
      // The file is in order and DuckDB keeps it, so no sort is needed, and a page is done when it is full.
      const page = `SELECT index FROM ${file} WHERE ${where} LIMIT ? OFFSET ?`;
      const found = await session.rows(indexRow, page, [...values, limit, offset]);
      return { total, items: await rowsAt(session, source, found) };
    });
  }

  /** Throws UserError where there is no such document. */
  async get(dataset: string, index: number): Promise<FullDocument> {
    const { documents } = await this.datasets.get(dataset);
    if (index >= documents.total) {
      throw new UserError(
        `There is no document ${index}: ${dataset} has ${documents.total}.`,
        'Choose a smaller index.',
      );
    }
    return this.reading(dataset, async (session, file) => {
      const columns = `${rowColumns}, text, file, ${columnsThere('line', 'metadata', 'turns')}`;
      const row = fullDocument.extend({ metadata: z.string(), turns: z.string().optional() });
      const found = await session.first(row, `SELECT ${columns} FROM ${file} WHERE index = ${index}`);
      if (found === undefined) throw new Error(`document ${index} is not there`);
      const [document] = await marked(session, dataset, [found]);
      const { metadata, turns } = found;
      return fullDocument.parse({
        ...document,
        metadata: JSON.parse(metadata) as unknown,
        turns: turns === undefined ? undefined : (JSON.parse(turns) as unknown),
      });
    });
  }

  /** The rows of these documents, in the order of the dataset. */
  at(dataset: string, indices: readonly number[]): Promise<DocumentRow[]> {
    return this.reading(dataset, (session, file) =>
      rowsAt(
        session,
        { dataset, file },
        indices.map((index) => ({ index })),
      ),
    );
  }

  /** The same with their texts. */
  textsAt(dataset: string, indices: readonly number[]): Promise<(DocumentRow & { readonly text: string })[]> {
    return this.reading(dataset, async (session, file) => {
      const query = `SELECT ${rowColumns}, text FROM ${file} WHERE index IN (${integerList(indices)}) ORDER BY index`;
      return marked(session, dataset, await session.rows(documentRow.extend({ text: z.string() }), query));
    });
  }

  /** The index in another dataset of each document of this one that has the same text there; of copies, the first. */
  async samePlaces(dataset: string, other: string): Promise<Map<number, number>> {
    await this.files.require('datasets', other);
    return this.reading(dataset, (session, file) =>
      fromParquet(join(this.datasets.folderOf(other), 'documents.parquet'), async (otherFile) => {
        const query = `SELECT a.index AS here, min(b.index) AS there FROM ${file} a JOIN ${otherFile} b USING (text) GROUP BY a.index`;
        const places = await session.rows(z.object({ here: z.int(), there: z.int() }), query);
        return new Map(places.map(({ here, there }) => [here, there]));
      }),
    );
  }

  /** Gives a task that joins the project's tables with the documents of a dataset these as a table. */
  joined<T>(dataset: string, task: (session: StoreSession, file: string) => Promise<T>): Promise<T> {
    return this.reading(dataset, task);
  }

  /** Rows of the source that did not become documents. */
  async rejections(dataset: string, { offset, limit }: PageRequest): Promise<PageOf<RejectionRecord>> {
    const { rejected } = await this.datasets.get(dataset);
    return this.reading(
      dataset,
      async (session, file) => {
        const page = `SELECT file, line, reason FROM ${file} LIMIT ? OFFSET ?`;
        return { total: rejected, items: await session.rows(rejectionRecord, page, [limit, offset]) };
      },
      'rejections.parquet',
    );
  }

  private async count(
    session: StoreSession,
    dataset: string,
    file: string,
    where: string,
    values: readonly SqlValue[],
  ): Promise<number> {
    const key = JSON.stringify([dataset, where, values]);
    const count = this.counts.get(key) ?? (await countOf(session, `FROM ${file} WHERE ${where}`, values));
    // What was asked last goes to the end, and what nobody has asked for longest is dropped.
    this.counts.delete(key);
    this.counts.set(key, count);
    for (const oldest of this.counts.keys()) if (this.counts.size > COUNTS) this.counts.delete(oldest);
    return count;
  }

  /** Throws UserError where a file of the dataset is missing or damaged. */
  private async reading<T>(
    dataset: string,
    task: (session: StoreSession, file: string) => Promise<T>,
    name = 'documents.parquet',
  ): Promise<T> {
    await this.files.require('datasets', dataset);
    const path = join(this.datasets.folderOf(dataset), name);
    return this.database.read((session) => fromParquet(path, (file) => task(session, file)));
  }
}

/** A document as runs read it. */
export interface IndexedDocument {
  readonly index: number;
  readonly id: string;
  readonly text: string;
  readonly domain?: string;
  /** Of a conversation: its turns, of which `text` is the plain rendering. */
  readonly turns?: readonly Turn[];
}

/**
 * The documents of one side of a dataset in their order, for processes without the store. Takes little more memory than
 * the texts. Throws UserError where the dataset's file is missing or damaged.
 */
export async function readDocuments(datasetFolder: string, side: Side): Promise<IndexedDocument[]> {
  const instance = await openDatabase({ memory: 256, threads: 1 });
  const connection = await instance.connect();
  const documents: IndexedDocument[] = [];
  const query = (file: string): string =>
    `SELECT ${columnsThere('index', 'id', 'text', 'domain', 'turns')} FROM ${file} WHERE side = ?`;
  try {
    await fromParquet(join(datasetFolder, 'documents.parquet'), async (file) => {
      for await (const chunk of new StoreSession(connection).chunks(query(file), [side])) {
        for (const row of chunk.getRows()) {
          const [index, id, text, domain, turns] = row as [number, string, string, string | null, (string | null)?];
          documents.push({
            index,
            id,
            text,
            ...(domain !== null && { domain }),
            ...(turns != null && { turns: turnList.parse(JSON.parse(turns)) }),
          });
        }
      }
    });
    return documents;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The texts of all documents in their order, some thousand at a time. Throws UserError as `readDocuments`. */
export async function* textsOf(datasetFolder: string): AsyncGenerator<string[]> {
  const path = join(datasetFolder, 'documents.parquet');
  const instance = await openDatabase({ memory: 256, threads: 1 });
  const connection = await instance.connect();
  try {
    await requireFile(path);
    for await (const chunk of new StoreSession(connection).chunks(`SELECT text FROM ${parquetFile(path)}`)) {
      yield chunk.getColumnValues(0).map(String);
    }
  } catch (error) {
    throw asDamage(error, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Texts of documents of all sides, so many at most, drawn by chance but always the same. Throws UserError as `readDocuments`. */
export async function sampleTexts(datasetFolder: string, most: number): Promise<string[]> {
  const instance = await openDatabase({ memory: 256, threads: 1 });
  const connection = await instance.connect();
  try {
    return await fromParquet(join(datasetFolder, 'documents.parquet'), async (file) => {
      const query = `SELECT text FROM ${file} USING SAMPLE reservoir(${most} ROWS) REPEATABLE (1)`;
      const rows = await new StoreSession(connection).rows(z.object({ text: z.string() }), query);
      return rows.map(({ text }) => text);
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The beginnings of the texts of these documents, whose indices rise, for processes without the store. Throws UserError as `readDocuments`. */
export async function readTexts(datasetFolder: string, indices: Int32Array, longest: number): Promise<string[]> {
  const instance = await openDatabase({ memory: 256, threads: 1 });
  const connection = await instance.connect();
  try {
    return await fromParquet(join(datasetFolder, 'documents.parquet'), async (file) => {
      const query = `SELECT left(text, ?) AS text FROM ${file} WHERE index IN (${integerList(indices)}) ORDER BY index`;
      const rows = await new StoreSession(connection).rows(z.object({ text: z.string() }), query, [longest]);
      return rows.map(({ text }) => text);
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/**
 * Gives the task a Parquet file as a table. Throws UserError where it is missing, or cannot be read to where the task
 * needs it.
 */
async function fromParquet<T>(path: string, task: (file: string) => Promise<T>): Promise<T> {
  await requireFile(path);
  try {
    return await task(parquetFile(path));
  } catch (error) {
    throw asDamage(error, path);
  }
}

const again = 'Import the corpus again: the same files give the same dataset.';

async function requireFile(path: string): Promise<void> {
  if (!(await exists(path))) throw new UserError(`The dataset's file ${path} is missing.`, again);
}

/** What DuckDB throws over a file that is not as it was written, as the user should hear it. */
function asDamage(error: unknown, path: string): unknown {
  const reason = error instanceof Error ? error.message.split('\n', 1)[0].slice(0, 300) : String(error);
  if (error instanceof UserError || isDiskFull(error) || reason.startsWith('Out of Memory')) return error;
  return new UserError(`The dataset's file ${path} is damaged: ${reason}`, again);
}

/** What a filter asks of a row, as SQL with its values; empty where it asks nothing. */
function conditions(
  { side, domain, duplicates, contains }: DocumentFilter,
  among: readonly number[] | undefined,
): [string, SqlValue[]] {
  const all: [string, ...SqlValue[]][] = [];
  if (side !== undefined) all.push(['side = ?', side]);
  if (domain !== undefined) all.push(['domain = ?', domain]);
  if (duplicates !== undefined) all.push([`duplicate_of IS ${duplicates === 'only' ? 'NOT NULL' : 'NULL'}`]);
  if (among !== undefined) all.push([`index IN (${integerList(among)})`]);
  if (contains !== undefined) all.push(['contains(lower(text), lower(?))', contains]);
  return [all.map(([sql]) => sql).join(' AND '), all.flatMap(([, ...values]) => values)];
}

/** How many documents pass a filter, where the dataset's record tells. */
function knownCount({ documents, duplicates, domains }: DatasetRecord, filter: DocumentFilter): number | undefined {
  const { side, domain, contains, excluded } = filter;
  const asked = [side, domain, filter.duplicates, contains].filter((part) => part !== undefined).length;
  if (asked > 1 || contains !== undefined || excluded === true) return undefined;
  if (side !== undefined) return documents[side];
  if (domain !== undefined) return domains.find(({ name }) => name === domain)?.documents ?? 0;
  const repeated = duplicates.exact + duplicates.near;
  return filter.duplicates === 'only' ? repeated : documents.total - repeated;
}

/** A dataset with its documents as a table. */
interface DocumentTable {
  readonly dataset: string;
  readonly file: string;
}

async function rowsAt(
  session: StoreSession,
  table: DocumentTable,
  found: readonly { readonly index: number }[],
): Promise<DocumentRow[]> {
  const indices = found.map(({ index }) => index);
  return indices.length === 0 ? [] : rows(session, table, `index IN (${integerList(indices)})`, indices.length);
}

async function rows(
  session: StoreSession,
  { dataset, file }: DocumentTable,
  where: string,
  expected: number,
): Promise<DocumentRow[]> {
  const query = `SELECT ${rowColumns} FROM ${file} WHERE ${where} ORDER BY index`;
  const found = await session.rows(documentRow, query);
  if (found.length !== expected) throw new Error(`${expected - found.length} of its documents are not there`);
  return marked(session, dataset, found);
}

/** The rows, those marked that take no part in runs, and those that a person linked. */
async function marked<T extends { readonly index: number }>(
  session: StoreSession,
  dataset: string,
  found: readonly T[],
): Promise<(T & Pick<DocumentRow, 'excluded' | 'linked'>)[]> {
  const indices = found.map(({ index }) => index);
  const excluded = await excludedAmong(session, dataset, indices);
  const linked = await linkedAmong(session, dataset, indices);
  return found.map((row) => ({
    ...row,
    ...(excluded.has(row.index) && { excluded: true }),
    ...(linked.has(row.index) && { linked: true }),
  }));
}
