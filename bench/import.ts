// node dist/bench/import.js [<documents>]: imports a generated corpus and prints the speed and the memory that it took.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importCorpus } from '../backend/corpus/import/import-corpus';
import { createRandom } from '../backend/base/random';
import type { DatasetRecord } from '../backend/protocol/records';
import { importOptions } from '../backend/kinds/import/work-options';
import { importKind } from '../backend/kinds/import/spec';
import { specOf } from '../backend/kinds/read-spec';
import { createWriter } from './generated-texts';

const DEFAULT_DOCUMENTS = 1_000_000;
/** Characters of a document. */
const LENGTH = 1000;
const nearDuplicates = 0.01;
const badLines = 0.001;

interface Measurement {
  readonly dataset: DatasetRecord;
  readonly seconds: number;
  /** Seconds of each stage. */
  readonly stages: Readonly<Record<string, number>>;
  /** Seconds of processor time of all threads: on a machine that others use too, the steadier figure. */
  readonly processor: number;
  readonly peakMiB: number;
}

async function generate(path: string, documents: number): Promise<void> {
  const random = createRandom(1);
  const write = createWriter(random, LENGTH);
  const file = createWriteStream(path);
  let earlier = write();
  for (let i = 0; i < documents; i++) {
    const isNear = random.uniform() < nearDuplicates;
    const text = isNear ? `${earlier.slice(0, 500)} changed ${earlier.slice(500)}` : write();
    if (!isNear && random.uniform() < 0.1) earlier = text;
    const row = JSON.stringify({
      id: `doc-${i}`,
      text,
      domain: `domain ${random.below(6)}`,
      year: 1900 + random.below(100),
    });
    const line = random.uniform() < badLines ? row.slice(0, -20) : row;
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** In a process of its own, whose peak memory is the import's. */
async function measure(source: string, folder: string): Promise<Measurement> {
  const stages: Record<string, number> = {};
  const begin = performance.now();
  let [stage, since] = ['', begin];
  const enter = (next: string): void => {
    if (next === stage) return;
    const now = performance.now();
    if (stage !== '') stages[stage] = (now - since) / 1000;
    [stage, since] = [next, now];
  };
  const spec = importOptions(specOf(importKind, { source }));
  const watch = {
    signal: new AbortController().signal,
    report: (progress: { stage: string }) => enter(progress.stage),
  };
  const dataset = await importCorpus(spec, folder, watch);
  enter('end');
  const seconds = (performance.now() - begin) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { dataset, seconds, stages, processor: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 };
}

async function main(documents: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-bench-import-'));
  try {
    const source = join(folder, 'corpus.jsonl');
    await generate(source, documents);
    const child = fork(fileURLToPath(import.meta.url), ['child', source, join(folder, 'datasets')]);
    const [{ dataset, seconds, stages, processor, peakMiB }] = (await once(child, 'message')) as [Measurement];
    const { size } = await stat(source);
    const { size: stored } = await stat(join(folder, 'datasets', dataset.id, 'documents.parquet'));
    const { total } = dataset.documents;
    process.stdout.write(
      `${total} documents of ${documents} lines (${dataset.rejected} rejected, ${dataset.duplicates.near} near-duplicates)\n` +
        `${seconds.toFixed(1)} s, ${(total / seconds).toFixed(0)} documents/s, ${(size / seconds / 1e6).toFixed(1)} MB/s; ${processor.toFixed(1)} s of processor time\n` +
        `${Object.entries(stages)
          .map(([name, time]) => `${name} ${time.toFixed(1)} s`)
          .join(', ')}\n` +
        `peak resident memory ${peakMiB.toFixed(0)} MiB, source ${(size / 1e6).toFixed(0)} MB, stored ${(stored / 1e6).toFixed(0)} MB\n`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [, , first = String(DEFAULT_DOCUMENTS), source, folder] = process.argv;
if (first === 'child') process.send?.(await measure(source, folder));
else await main(Number(first));
