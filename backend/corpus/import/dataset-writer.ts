/** The files of a dataset: its documents and rejections as Parquet, written in two passes in bounded memory. */
import { join } from 'node:path';
import {
  BIGINT,
  type DuckDBDataChunk,
  DuckDBScalarFunction,
  type DuckDBType,
  type DuckDBVector,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { type RejectionRecord, type Side } from '../../protocol/records';
import { type DuckDBConnection, type DuckDBInstance, literal, openDatabase, parquetFile } from '../../store/duckdb';
import { preview } from './draft';
import { type Groups, kinds } from './duplicates';
import { PartWriter } from './part-writer';
import type { Pulse } from './pulse';

export const files = {
  documents: 'documents.parquet',
  rejections: 'rejections.parquet',
  record: 'dataset.json',
} as const;

/** MiB for DuckDB: some parts of 16 MiB, or one of the longest document that is read. */
const MEMORY = 512;
/** Small row groups: a page of a listing reads a few of them. */
const ROW_GROUP = "COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 2048, ROW_GROUP_SIZE_BYTES '32MB'";

const firstPass = {
  index: INTEGER,
  id: VARCHAR,
  text: VARCHAR,
  preview: VARCHAR,
  length: INTEGER,
  domain: VARCHAR,
  file: VARCHAR,
  line: BIGINT,
  metadata: VARCHAR,
  turns: VARCHAR,
};
const secondPass =
  'index, id, text, preview, length, side_of(index) AS side, domain, original_of(index) AS duplicate_of, ' +
  'kind_of(index) AS duplicate, file, line, metadata, turns';
const rejectionColumns = { file: VARCHAR, line: BIGINT, reason: VARCHAR };

/** A document as the first pass knows it. */
export interface PlacedDraft {
  readonly id: string;
  readonly text: string;
  readonly domain: string | undefined;
  readonly metadata: string;
  /** Of a conversation: its turns as JSON. */
  readonly turns: string | undefined;
  readonly file: string;
  readonly line: number;
}

export class DatasetWriter {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly folder: string,
    private readonly documents: PartWriter,
    private readonly rejections: PartWriter,
  ) {}

  static async open(folder: string): Promise<DatasetWriter> {
    // One thread, and no promise to keep the order that would cost memory: a single thread writes rows as they come.
    const instance = await openDatabase({ memory: MEMORY, threads: 1, keepOrder: false });
    const documents = await PartWriter.open(instance, folder, 'part-documents', firstPass);
    const rejections = await PartWriter.open(instance, folder, 'part-rejections', rejectionColumns);
    return new DatasetWriter(instance, folder, documents, rejections);
  }

  /** Documents that were added. */
  get total(): number {
    return this.documents.count;
  }

  get rejected(): number {
    return this.rejections.count;
  }

  add({ id, text, domain, file, line, metadata, turns }: PlacedDraft): Promise<void> | undefined {
    const place = [file, BigInt(line)];
    const row = [this.total, id, text, preview(text), text.length, domain ?? null, ...place, metadata, turns ?? null];
    return this.documents.add(row, text.length + metadata.length + (turns?.length ?? 0) + 500);
  }

  reject({ file, line, reason }: RejectionRecord): Promise<void> | undefined {
    return this.rejections.add([file, BigInt(line), reason], file.length + reason.length + 50);
  }

  /** The second pass, when it is known where each document belongs. */
  async finish(side: (index: number) => Side, { first, kind }: Groups, pulse: Pulse): Promise<void> {
    const rejections = await this.rejections.finish();
    const documents = await this.documents.finish();
    const connection = await this.instance.connect();
    const interrupt = (): void => connection.interrupt();
    let done = 0;
    const tell = (): void => pulse.tell({ stage: 'Writing documents', done, total: this.total, unit: 'documents' });
    const define = (name: string, type: DuckDBType, value: (index: number) => string | number | null): void =>
      connection.registerScalarFunction(scalar(name, type, value));
    define('side_of', VARCHAR, (index) => {
      done = index + 1;
      return side(index);
    });
    define('original_of', INTEGER, (index) => (kind[index] === 0 ? null : first[index]));
    define('kind_of', VARCHAR, (index) => (kind[index] === 0 ? null : kinds[kind[index]]));
    const write = (query: string, file: string): Promise<unknown> =>
      connection.run(`COPY (${query}) TO ${literal(join(this.folder, file))} (FORMAT parquet, ${ROW_GROUP})`);

    tell();
    const timer = setInterval(() => pulse.signal.aborted || tell(), 150);
    pulse.signal.addEventListener('abort', interrupt);
    try {
      await write(`SELECT file, line, reason FROM ${rejections}`, files.rejections);
      await write(`SELECT ${secondPass} FROM ${documents}`, files.documents);
      if ((await countDocuments(connection, this.folder)) !== this.total)
        throw new Error('documents were written out of order');
      tell();
    } finally {
      clearInterval(timer);
      pulse.signal.removeEventListener('abort', interrupt);
      connection.closeSync();
      pulse.signal.throwIfAborted();
    }
  }

  async close(): Promise<void> {
    await this.documents.close();
    await this.rejections.close();
    this.instance.closeSync();
  }
}

/** How many documents stand in their places, undefined where some do not. Throws where the file is damaged. */
async function countDocuments(connection: DuckDBConnection, folder: string): Promise<number | undefined> {
  const table = parquetFile(join(folder, files.documents));
  const reader = await connection.runAndReadAll(
    `SELECT count(*), count(*) FILTER (index <> file_row_number) FROM ${table}`,
  );
  const [total, misplaced] = reader.getRows()[0].map(Number);
  return misplaced === 0 ? total : undefined;
}

/** Whether a folder has the files of a dataset, with so many documents in their places. */
export async function isWhole(folder: string, total: number): Promise<boolean> {
  const instance = await openDatabase({ memory: 128, threads: 1 });
  const connection = await instance.connect();
  try {
    await connection.run(`SELECT count(*) FROM ${parquetFile(join(folder, files.rejections))}`);
    return (await countDocuments(connection, folder)) === total;
  } catch {
    return false;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A function of SQL from the index of a document to what this process knows of it: no join, so rows stay in order and small. */
function scalar(
  name: string,
  returnType: DuckDBType,
  value: (index: number) => string | number | null,
): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    parameterTypes: [INTEGER],
    returnType,
    mainFunction: (_, input: DuckDBDataChunk, output: DuckDBVector) => {
      const indices = input.getColumnVector(0);
      for (let row = 0; row < input.rowCount; row++) output.setItem(row, value(Number(indices.getItem(row))));
      output.flush();
    },
  });
}
