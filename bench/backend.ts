// node dist/bench/backend.js [<documents>]: what the backend of the editor costs while nothing happens, and how soon it answers on a
// project with a large dataset. Prints JSON: seconds, MiB, milliseconds.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, connect } from '../backend/protocol/connection';
import type { Method, Params } from '../backend/protocol/messages';
import { program } from '../backend/protocol/package-folder';
import { createRandom } from '../backend/protocol/random';
import type { Dataset } from '../backend/protocol/records';
import { createRun } from '../backend/runs/run-files';
import { type DuckDBConnection, literal, openDatabase, parquetFile } from '../backend/store/duckdb';
import { Store } from '../backend/store/store';

const DEFAULT_DOCUMENTS = 1_000_000;
const SMALL = 1000;
const IDLE_SECONDS = 60;
const CALLS = 1000;
const STARTS = 5;
const REPEATS = 9;
const PILES = 6;
const RUNS = 100;
const MOVES = 1000;

const dataset = 'data-generated';
const clustering = 'split-generated';
const created = new Date().toISOString();
const sha256 = '0'.repeat(64);

/** Texts of about 1,000 characters in six domains, an eighth of them for validation and test; the columns are those of an import. */
const documentRows = (documents: number): string => `
  SELECT i::INTEGER AS index, 'doc-' || i AS id, text, left(text, 200) AS preview, length(text)::INTEGER AS length,
    CASE hash(i) % 16 WHEN 0 THEN 'validation' WHEN 1 THEN 'test' ELSE 'train' END AS side,
    'domain ' || hash(i) // 16 % 6 AS domain, CASE i % 100 WHEN 99 THEN (i - 1)::INTEGER END AS duplicate_of,
    CASE i % 100 WHEN 99 THEN 'near' END AS duplicate, 'corpus.jsonl' AS file, (i + 1)::BIGINT AS line, '{}' AS metadata
  FROM (
    SELECT i, array_to_string(list_transform(range(30), lambda j: md5((30 * i + j)::VARCHAR)), ' ') AS text
    FROM range(${documents}) AS rows(i)
  )`;
const rejectionRows = `SELECT 'corpus.jsonl' AS file, i AS line, 'the text is empty' AS reason FROM range(10_000) AS rows(i)`;

/** A project with a generated dataset, a clustering of it, moves and runs. */
async function makeProject(folder: string, documents: number): Promise<void> {
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
      `COPY (${query}) TO ${path} (FORMAT parquet, ROW_GROUP_SIZE 2048, ROW_GROUP_SIZE_BYTES '32MB')`,
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

async function datasetRecord(connection: DuckDBConnection, table: string, documents: number): Promise<Dataset> {
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
    rejected: 10_000,
    duplicates: { exact: 0, near: (await counts('duplicate')).get('near') ?? 0 },
    leaks: 0,
    renamed: 0,
  };
}

async function addClustering(store: Store, documents: Int32Array): Promise<void> {
  const random = createRandom(1);
  const piles = documents.map(() => random.below(PILES));
  const record = {
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
  } as const;
  await store.clusterings.add(
    { ...record, rounds: [], piles: [...record.piles] },
    {
      documents,
      piles,
      confidence: Float32Array.from(documents, () => random.uniform()),
      outliers: Int32Array.from({ length: record.outliers }, (_, i) => 100 * i),
      rounds: [],
    },
  );
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

interface Backend {
  readonly child: ChildProcess;
  readonly client: Connection;
  /** From its start to the line that says where it listens. */
  readonly seconds: number;
}

async function startBackend(folder: string): Promise<Backend> {
  const began = performance.now();
  const child = spawn(process.execPath, [await program('backend/server/main'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const seconds = (performance.now() - began) / 1000;
  const { port, token } = JSON.parse(line.toString('utf8')) as { port: number; token: string };
  return { child, seconds, client: await connect({ port, token, client: 'benchmark' }) };
}

async function endBackend({ child, client }: Backend): Promise<number> {
  const began = performance.now();
  await client.close();
  child.stdin?.end();
  await once(child, 'exit');
  return (performance.now() - began) / 1000;
}

/** Resident memory, MiB. */
async function memoryOf({ child }: Backend): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** Seconds of processor time since the start; Linux counts hundredths. */
async function processorOf({ child }: Backend): Promise<number> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

type Call = { [M in Method]: readonly [M, Params<M>] }[Method];

/** The first page of every listing, and pages far down. */
function listings(documents: number): Readonly<Record<string, Call>> {
  const deep = { offset: Math.floor(0.9 * documents), limit: 100 };
  const within = (share: number): { offset: number } => ({ offset: Math.floor(share * documents) });
  return {
    'project/info': ['project/info', {}],
    datasets: ['datasets/list', {}],
    documents: ['documents/list', { dataset }],
    'documents, deep': ['documents/list', { dataset, ...deep }],
    'documents of a side': ['documents/list', { dataset, side: 'test' }],
    'documents of a side, deep': ['documents/list', { dataset, side: 'test', ...within(0.05) }],
    'documents of a domain': ['documents/list', { dataset, domain: 'domain 3' }],
    'documents of a domain, deep': ['documents/list', { dataset, domain: 'domain 3', ...within(0.15) }],
    'documents of a side and a domain': ['documents/list', { dataset, side: 'train', domain: 'domain 3' }],
    'duplicates only': ['documents/list', { dataset, duplicates: 'only' }],
    'documents that hold a text': ['documents/list', { dataset, contains: 'cafe' }],
    'one document': ['documents/get', { dataset, index: deep.offset }],
    rejections: ['rejections/list', { dataset }],
    clusterings: ['clusterings/list', {}],
    piles: ['piles/list', { clustering }],
    'documents of all piles': ['piles/documents', { clustering }],
    'documents of all piles, deep': ['piles/documents', { clustering, ...within(0.8) }],
    'documents of a pile': ['piles/documents', { clustering, pile: 3 }],
    'documents of a pile, deep': ['piles/documents', { clustering, pile: 3, ...within(0.12) }],
    outliers: ['piles/documents', { clustering, outliers: true }],
    labels: ['labels/list', { clustering }],
    runs: ['runs/list', {}],
  };
}

async function millisecondsOf(client: Connection, [method, params]: Call): Promise<number> {
  const began = performance.now();
  await client.call(method, params);
  return performance.now() - began;
}

const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** What a backend costs on a small project. */
async function measureIdle(folder: string): Promise<object> {
  await makeProject(folder, SMALL);
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const backend = await startBackend(folder);
    starts.push(backend.seconds);
    await endBackend(backend);
  }
  const backend = await startBackend(folder);
  const opened = await memoryOf(backend);
  const before = await processorOf(backend);
  await sleep(1000 * IDLE_SECONDS);
  const processor = (await processorOf(backend)) - before;
  const idle = await memoryOf(backend);
  const calls = Object.values(listings(SMALL));
  const began = performance.now();
  for (let i = 0; i < CALLS; i++) await millisecondsOf(backend.client, calls[i % calls.length]);
  const callSeconds = (performance.now() - began) / 1000;
  const called = await memoryOf(backend);
  const endSeconds = await endBackend(backend);
  return {
    documents: SMALL,
    startSeconds: { median: rounded(median(starts), 2), most: rounded(Math.max(...starts), 2) },
    endSeconds: rounded(endSeconds, 2),
    memory: { opened, [`after ${IDLE_SECONDS} idle seconds`]: idle, [`after ${CALLS} calls`]: called },
    processorSeconds: { [`in ${IDLE_SECONDS} idle seconds`]: rounded(processor, 2) },
    callSeconds: rounded(callSeconds, 2),
  };
}

/** How soon a backend answers on a project with so many documents. */
async function measureListings(folder: string, documents: number): Promise<object> {
  await makeProject(folder, documents);
  const backend = await startBackend(folder);
  const opened = await memoryOf(backend);
  const milliseconds: Record<string, { median: number; most: number }> = {};
  for (const [name, call] of Object.entries(listings(documents))) {
    const times: number[] = [];
    for (let i = 0; i < REPEATS; i++) times.push(await millisecondsOf(backend.client, call));
    milliseconds[name] = { median: rounded(median(times)), most: rounded(Math.max(...times)) };
  }
  const memory = { opened, 'after all listings': await memoryOf(backend) };
  const { seconds } = backend;
  return {
    documents,
    startSeconds: rounded(seconds, 2),
    endSeconds: rounded(await endBackend(backend), 2),
    memory,
    milliseconds,
  };
}

const [, , documents = String(DEFAULT_DOCUMENTS)] = process.argv;
const folder = await mkdtemp(join(tmpdir(), 'polymath-bench-backend-'));
try {
  const idle = await measureIdle(join(folder, 'small'));
  const large = await measureListings(join(folder, 'large'), Number(documents));
  process.stdout.write(`${JSON.stringify({ node: process.version, idle, large }, undefined, 2)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
