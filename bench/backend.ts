// node dist/bench/backend.js [<documents>]: what the backend of the editor costs while nothing happens, and how soon it answers on a
// project with a large dataset. Prints JSON: seconds, MiB, milliseconds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Call,
  endBackend,
  median,
  memoryOf,
  millisecondsOf,
  processorOf,
  rounded,
  startBackend,
} from './backend-process';
import { clustering, dataset, makeProject } from './backend-project';

const DEFAULT_DOCUMENTS = 1_000_000;
const SMALL = 1000;
const IDLE_SECONDS = 60;
const CALLS = 1000;
const STARTS = 5;
const REPEATS = 9;

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
    clusterings: ['splits/list', {}],
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
