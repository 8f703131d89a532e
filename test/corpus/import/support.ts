import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { importCorpus } from '../../../backend/corpus/import/import-corpus';
import { UserError } from '../../../backend/base/errors';
import type { Progress } from '../../../backend/base/progress';
import type { DatasetRecord } from '../../../backend/protocol/records';
import { importOptions } from '../../../backend/kinds/import/work-options';
import { importKind, type ImportWanted } from '../../../backend/kinds/import/spec';
import { specOf } from '../../../backend/kinds/read-spec';
import { openDatabase, parquetFile } from '../../../backend/store/duckdb';

/** A row of documents.parquet as it is stored. */
export interface StoredDocument {
  readonly index: number;
  readonly id: string;
  readonly text: string;
  readonly preview: string;
  readonly length: number;
  readonly side: string;
  readonly domain: string | null;
  readonly duplicate_of: number | null;
  readonly duplicate: string | null;
  readonly file: string;
  readonly line: number;
  readonly metadata: string;
  readonly turns: string | null;
}

export interface Imported {
  readonly dataset: DatasetRecord;
  readonly documents: readonly StoredDocument[];
  /** `file:line reason` */
  readonly rejections: readonly string[];
}

type Options = Partial<ImportWanted>;

/** A temporary folder with a source in it and a place for datasets. */
export class Workshop {
  private constructor(readonly folder: string) {}

  static async open(): Promise<Workshop> {
    return new Workshop(await mkdtemp(join(tmpdir(), 'polymath-import-')));
  }

  get datasets(): string {
    return join(this.folder, 'datasets');
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, 'source', name);
  }

  async write(name: string, ...parts: (string | Uint8Array)[]): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), Buffer.concat(parts.map((part) => Buffer.from(part))));
    return this.path(name);
  }

  async import(
    source: string,
    options: Options = {},
    report: (progress: Progress) => void = () => undefined,
  ): Promise<Imported> {
    const spec = importOptions(specOf(importKind, { source, ...options }));
    const dataset = await importCorpus(spec, this.datasets, { report, signal: new AbortController().signal });
    const folder = join(this.datasets, dataset.id);
    assert.deepEqual((await readdir(folder)).sort(), ['dataset.json', 'documents.parquet', 'rejections.parquet']);
    const rejected = (await rows(join(folder, 'rejections.parquet'))) as {
      file: string;
      line: number;
      reason: string;
    }[];
    assert.equal(rejected.length, dataset.rejected);
    return {
      dataset,
      documents: (await rows(join(folder, 'documents.parquet'))) as StoredDocument[],
      rejections: rejected.map(({ file, line, reason }) => `${file}:${line} ${reason}`),
    };
  }

  /** Imports without looking at how many texts there are: all of them become the training side. */
  importAll(source: string, options: Options = {}): Promise<Imported> {
    return this.import(source, { validation: 0, test: 0, ...options });
  }

  /** The error of an import that must fail with a next step, and leave nothing behind. */
  async failure(source: string, options: Options = {}): Promise<string> {
    const error = await this.importAll(source, options).then(
      () => assert.fail('the import went through'),
      (caught: unknown) => caught,
    );
    assert(error instanceof UserError, String(error));
    assert(error.next.length > 0);
    assert.deepEqual(await readdir(this.datasets).catch(() => []), []);
    return `${error.message} ${error.next}`;
  }
}

export async function rows(path: string): Promise<unknown[]> {
  const instance = await openDatabase({ memory: 128, threads: 1 });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`SELECT * FROM ${parquetFile(path)}`);
    return reader
      .getRowObjectsJS()
      .map((row) => ({ ...row, ...(typeof row.line === 'bigint' && { line: Number(row.line) }) }));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes a Parquet file from a query. */
export async function writeParquet(path: string, query: string): Promise<void> {
  const instance = await openDatabase({ memory: 128, threads: 1 });
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

/** Rows of JSONL with texts that are no duplicates of each other. */
export function differentRows(count: number): string {
  return Array.from({ length: count }, (_, i) => `${JSON.stringify({ id: `d${i}`, text: differentText(i) })}\n`).join(
    '',
  );
}

export function differentText(seed: number): string {
  let state = seed + 1;
  return Array.from({ length: 20 }, () => {
    state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
    return state.toString(36);
  }).join(' ');
}
