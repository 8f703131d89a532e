import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../backend/base/random';
import type { SplitRecord, DatasetRecord } from '../backend/protocol/records';
import { createRun } from '../backend/engine/run-files';
import { type DuckDBConnection, literal, openDatabase, parquetFile } from '../backend/store/duckdb';
import { Store } from '../backend/store/store';

const PILES = 6;
const RUNS = 100;
const MOVES = 1000;
const REJECTIONS = 10_000;

export const dataset = 'data-generated';
export const clustering = 'split-generated';
const created = new Date().toISOString();
const sha256 = '0'.repeat(64);

/** Words that there are, and words of a text. */
const WORDS = 1_000_000;
const LENGTH = 150;

/** The word of a rank, from 1: how often it comes is one over its rank, as in a language. */
export const wordOfRank = (rank: number): string =>
  [...createHash('md5').update(String(rank)).digest('hex')]
    .map((digit) => (/\d/.test(digit) ? String.fromCharCode(digit.charCodeAt(0) + 55) : digit))
    .slice(0, 3 + (rank % 8))
    .join('');

/** The same in SQL. */
const wordSql = (rank: string): string =>
  `left(translate(md5((${rank})::VARCHAR), '0123456789', 'ghijklmnop'), (3 + (${rank}) % 8)::INTEGER)`;
const rankSql = `floor(pow(${WORDS}, (hash(${LENGTH} * i + j) % 4294967296) / 4294967296))::BIGINT`;

/** Texts of about 1,000 characters in six domains, an eighth of them for validation and test; the columns are those of an import. */
const documentRows = (documents: number): string => `
  SELECT i::INTEGER AS index, 'doc-' || i AS id, text, left(text, 200) AS preview, length(text)::INTEGER AS length,
    CASE hash(i) % 16 WHEN 0 THEN 'validation' WHEN 1 THEN 'test' ELSE 'train' END AS side,
    'domain ' || hash(i) // 16 % 6 AS domain, CASE i % 100 WHEN 99 THEN (i - 1)::INTEGER END AS duplicate_of,
    CASE i % 100 WHEN 99 THEN 'near' END AS duplicate, 'corpus.jsonl' AS file, (i + 1)::BIGINT AS line, '{}' AS metadata
  FROM (
    SELECT i, array_to_string(list_transform(range(${LENGTH}), lambda j: ${wordSql(rankSql)}), ' ') AS text
    FROM range(${documents}) AS rows(i)
  )`;
const rejectionRows = `SELECT 'corpus.jsonl' AS file, i AS line, 'the text is empty' AS reason FROM range(${REJECTIONS}) AS rows(i)`;

/** Makes a project with a generated dataset, a clustering of it, moves and runs. */
export async function makeProject(folder: string, documents: number): Promise<void> {
  const store = await Store.open(folder);
  const place = store.datasets.folderOf(dataset);
  await mkdir(place, { recursive: true });
  const instance = await openDatabase({ memory: 512, threads: 1, keepOrder: false });
  const connection = await instance.connect();
  for (const [name, query] of [
    ['documents', documentRows(documents)],
    ['rejections', rejectionRows],
  ] as const) {
    const path = literal(join(place, `${name}.parquet`));
    await connection.run(
      `COPY (${query}) TO ${path} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 2048, ROW_GROUP_SIZE_BYTES '32MB')`,
    );
  }
  const table = parquetFile(join(place, 'documents.parquet'));
  await store.datasets.add(await datasetRecord(connection, table, documents));
  const train = (await connection.runAndReadAll(`SELECT index FROM ${table} WHERE side = 'train'`)).getRows().flat();
  connection.closeSync();
  instance.closeSync();
  await addClustering(store, Int32Array.from(train as number[]));
  await addRuns(store);
  await store.close();
}

async function datasetRecord(connection: DuckDBConnection, table: string, documents: number): Promise<DatasetRecord> {
  const counts = async (column: string): Promise<Map<string, number>> => {
    const reader = await connection.runAndReadAll(`SELECT ${column}, count(*) FROM ${table} GROUP BY ALL ORDER BY ALL`);
    return new Map(reader.getRows().map(([name, count]) => [String(name), Number(count)]));
  };
  const sides = await counts('side');
  const of = (side: string): number => sides.get(side) ?? 0;
  return {
    id: dataset,
    name: 'generated',
    created,
    source: { path: 'corpus.jsonl', format: 'jsonl', files: 1, bytes: documents * 1000, sha256 },
    contentSha256: sha256,
    seed: 0,
    documents: { total: documents, train: of('train'), validation: of('validation'), test: of('test') },
    textBytes: documents * 989,
    domains: [...(await counts('domain'))].map(([name, count]) => ({ name, documents: count })),
    rejected: REJECTIONS,
    duplicates: { exact: 0, near: (await counts('duplicate')).get('near') ?? 0 },
    leaks: 0,
    renamed: 0,
  };
}

async function addClustering(store: Store, documents: Int32Array): Promise<void> {
  const random = createRandom(1);
  const piles = documents.map(() => random.below(PILES));
  const record: SplitRecord = {
    id: clustering,
    name: 'generated',
    created,
    dataset,
    method: 'em',
    k: PILES,
    seed: 1,
    documents: documents.length,
    seconds: 0,
    settings: {},
    quality: {},
    outliers: Math.floor(documents.length / 100),
    rounds: [],
    piles: Array.from({ length: PILES }, (_, pile) => ({ pile, name: `pile ${pile}`, size: 0, terms: ['one', 'two'] })),
  };
  await store.splits.add(record, {
    documents,
    piles,
    confidence: Float32Array.from(documents, () => random.uniform()),
    outliers: Int32Array.from({ length: record.outliers }, (_, i) => 100 * i),
    rounds: [],
  });
  const count = Math.min(MOVES, Math.floor(documents.length / 2));
  for (let from = 0; from < count; from += 100) {
    const seen = Array.from(documents.subarray(from, from + 100), (index) => ({ index, version: 0 }));
    await store.labels.move(clustering, seen, 0);
  }
}

async function addRuns(store: Store): Promise<void> {
  const spec = { kind: 'mix', experts: 'experts-generated', seed: 1 } as const;
  for (let i = 0; i < RUNS; i++) {
    const id = `run-generated${String(i).padStart(4, '0')}`;
    const record = {
      id,
      spec,
      state: 'done',
      created,
      attempt: 1,
      seconds: 1,
      inputs: {},
      result: 'mixer-generated',
    } as const;
    await createRun(join(store.folder, 'runs'), record, {});
    await store.runs.save(record);
  }
}
