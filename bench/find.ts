// node dist/bench/find.js [<documents>]: what the index of the words of a large dataset costs, and how soon documents are found by words and
// filters. Prints JSON: seconds, MB, MiB, milliseconds. `--keep <folder>` makes the project there and leaves it, or looks in the one that is there.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exists } from '../backend/base/files';
import type { Params } from '../backend/protocol/messages';
import { indexDataset } from '../backend/search/write-index';
import { Store } from '../backend/store/store';
import { endBackend, median, memoryOf, millisecondsOf, processorOf, rounded, startBackend } from './backend-process';
import { clustering, dataset, makeProject, wordOfRank } from './backend-project';

const DEFAULT_DOCUMENTS = '1000000';
const REPEATS = 15;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'string' }, index: { type: 'string' } },
});

interface Cost {
  readonly seconds: number;
  /** Of processor time, of all threads. */
  readonly processor: number;
  readonly peakMiB: number;
}

/** Indexes the project's dataset, in a process of its own: its peak memory is the index's. */
async function measureIndex(folder: string): Promise<Cost> {
  const began = performance.now();
  const watch = { report: (): void => undefined, signal: new AbortController().signal };
  await indexDataset({ id: dataset, documents: await documentsOf(folder) }, folder, watch);
  const seconds = (performance.now() - began) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { seconds, processor: (userCPUTime + systemCPUTime) / 1e6, peakMiB: Math.round(maxRSS / 1024) };
}

async function withStore<T>(folder: string, task: (store: Store) => Promise<T>): Promise<T> {
  const store = await Store.open(folder);
  try {
    return await task(store);
  } finally {
    await store.close();
  }
}

const documentsOf = (folder: string) =>
  withStore(folder, async (store) => (await store.datasets.get(dataset)).documents);

const words = (...ranks: number[]): string => ranks.map(wordOfRank).join(' ');

/** By what they ask; the rank of a word tells how many texts hold it. */
const queries: Readonly<Record<string, string | Omit<Params<'documents/find'>, 'clustering'>>> = {
  'a rare word (rank 900,007)': words(900_007),
  'a word (rank 10,007)': words(10_007),
  'a frequent word (rank 103)': words(103),
  'the most frequent word': words(1),
  'two words (ranks 103, 1,007)': words(103, 1007),
  'four words (ranks 1, 2, 3, 103)': words(1, 2, 3, 103),
  'a phrase of frequent words (ranks 20, 30)': `"${words(20, 30)}"`,
  'a phrase of the most frequent words': `"${words(1, 2)}"`,
  'a phrase that stands nowhere (ranks 1, 900,007)': `"${words(1, 900_007)}"`,
  'a word without another (ranks 1,007, 1)': `${words(1007)} -${words(1)}`,
  'while typing: two letters': { query: words(5000).slice(0, 2), typing: true },
  'while typing: a word and three letters': { query: `${words(103)} ${words(5000).slice(0, 3)}`, typing: true },
  'a pile': 'pile:B',
  'unsure in two piles': 'pile:A,C confidence:<0.1',
  'moved, without a pile': 'is:moved -pile:A',
  'a side and a label': 'side:test label:"domain 3"',
  'an id': 'id:doc-123456',
  'a frequent word in a pile, unsure': `${words(103)} pile:B confidence:<0.5`,
  'the most frequent word on a side': `${words(1)} side:test`,
  'a frequent word, results 10,001 to 10,020': { query: words(20), offset: 10_000 },
};

async function measureQueries(folder: string): Promise<object> {
  const backend = await startBackend(folder);
  const opened = await memoryOf(backend);
  const milliseconds: Record<string, object> = {};
  for (const [name, asked] of Object.entries(queries)) {
    const request = { clustering, ...(typeof asked === 'string' ? { query: asked } : asked) };
    const { total, unindexed } = await backend.client.call('documents/find', request);
    if (unindexed !== undefined) throw new Error(`the index is ${unindexed}`);
    const times: number[] = [];
    const before = await processorOf(backend);
    for (let i = 0; i < REPEATS; i++) times.push(await millisecondsOf(backend.client, ['documents/find', request]));
    // On a machine that others use too, the steadier figure.
    const processor = rounded((1000 * ((await processorOf(backend)) - before)) / REPEATS, 0);
    milliseconds[name] = { found: total, median: rounded(median(times)), most: rounded(Math.max(...times)), processor };
  }
  const memory = { opened, 'after all': await memoryOf(backend) };
  await endBackend(backend);
  // The first search of a backend reads the files once, to see whether they are as they were written.
  const another = await startBackend(folder);
  const request = { clustering, query: words(10_007) };
  const first = rounded(await millisecondsOf(another.client, ['documents/find', request]));
  await endBackend(another);
  return { memory, first, milliseconds };
}

/** What the index took; undefined where it was there. */
async function indexed(folder: string): Promise<Cost | undefined> {
  if (await withStore(folder, ({ datasets }) => exists(datasets.indexOf(dataset)))) return undefined;
  const child = fork(fileURLToPath(import.meta.url), ['--index', folder]);
  const [cost] = (await once(child, 'message')) as [Cost];
  await withStore(folder, (store) => store.add({ result: dataset, index: dataset }));
  return cost;
}

async function main(documents: number): Promise<void> {
  const parent = options.keep ?? (await mkdtemp(join(tmpdir(), 'polymath-bench-find-')));
  const folder = join(parent, 'project');
  try {
    if (!(await exists(folder))) await makeProject(folder, documents);
    const cost = await indexed(folder);
    const [index, stored] = await withStore(folder, ({ datasets }) =>
      Promise.all([stat(datasets.indexOf(dataset)), stat(join(datasets.folderOf(dataset), 'documents.parquet'))]),
    );
    const megabytes = { index: rounded(index.size / 1e6), documents: rounded(stored.size / 1e6) };
    const found = await measureQueries(folder);
    process.stdout.write(
      `${JSON.stringify({ node: process.version, documents, cost, megabytes, ...found }, undefined, 2)}\n`,
    );
  } finally {
    if (options.keep === undefined) await rm(parent, { recursive: true });
  }
}

if (options.index !== undefined) process.send?.(await measureIndex(options.index));
else await main(Number(positionals[0] ?? DEFAULT_DOCUMENTS));
