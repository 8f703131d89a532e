import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { importCorpus } from '../../../backend/corpus/import/import-corpus';
import { UserError } from '../../../backend/base/errors';
import type { Progress } from '../../../backend/base/progress';
import type { DatasetRecord } from '../../../backend/protocol/records';
import { importOptions } from '../../../backend/kinds/import/work-options';
import { importKind } from '../../../backend/kinds/import/spec';
import { specOf } from '../../../backend/kinds/read-spec';
import { createRandom } from '../../../backend/base/random';
import { differentRows, rows, Workshop, writeParquet } from './support';

// This file is also the program of its child processes: whole.test.js import <folder> <sources>.
const program = fileURLToPath(import.meta.url);
const [, , role, target, ...sources] = process.argv;

const optionsOf = (path: string) => importOptions(specOf(importKind, { source: path }));
const watchOf = (report: (progress: Progress) => void, signal = new AbortController().signal) => ({ report, signal });

if (role === 'import') {
  process.on('SIGXFSZ', () => undefined);
  const answers: Answer[] = [];
  for (const source of sources) answers.push(await answer(source));
  process.stdout.write(JSON.stringify(answers));
} else describe('an import is there as a whole or not at all', tests);

interface Answer {
  readonly dataset?: DatasetRecord;
  readonly error?: string;
  readonly isUser?: boolean;
}

async function answer(path: string): Promise<Answer> {
  const watch = watchOf(({ stage }) => process.send?.({ stage }));
  return importCorpus(optionsOf(path), target, watch).then(
    (dataset) => ({ dataset }),
    (error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
      isUser: error instanceof UserError,
    }),
  );
}

interface Ended {
  readonly answers: readonly Answer[];
  readonly signal: NodeJS.Signals | null;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let out = '';
  child.stdout?.on('data', (data: Buffer) => (out += data.toString('utf8')));
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { answers: out === '' ? [] : (JSON.parse(out) as Answer[]), signal };
}

function start(datasets: string, ...paths: string[]): ChildProcess {
  return fork(program, ['import', datasets, ...paths], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

function tests(): void {
  let workshop: Workshop;
  beforeEach(async () => (workshop = await Workshop.open()));
  afterEach(() => workshop.close());

  it('the same files and options are found again, and not written again', async () => {
    const path = await workshop.write('c.jsonl', differentRows(150), '?\n');
    const { dataset, documents } = await workshop.import(path, { seed: 4 });
    assert.deepEqual(dataset.documents, { total: 150, train: 120, validation: 15, test: 15 });
    const file = join(workshop.datasets, dataset.id, 'documents.parquet');
    const { mtimeMs } = await stat(file);
    const stages: string[] = [];
    const again = await workshop.import(path, { seed: 4, name: 'other name' }, ({ stage }) => stages.push(stage));
    assert.deepEqual(again.dataset, dataset);
    assert.equal((await stat(file)).mtimeMs, mtimeMs);
    assert.equal(stages.at(-1), 'Imported before');
    // Another seed is another dataset of the same documents.
    const other = await workshop.import(path, { seed: 5 });
    assert.notEqual(other.dataset.id, dataset.id);
    assert.notEqual(other.dataset.contentSha256, dataset.contentSha256);
    assert.deepEqual(
      other.documents.map(({ id }) => id),
      documents.map(({ id }) => id),
    );
  });

  it('the same files in another place give the same dataset, to the byte', async () => {
    const other = await Workshop.open();
    try {
      const [a, b] = [
        await workshop.write('c.jsonl', differentRows(300)),
        await other.write('c.jsonl', differentRows(300)),
      ];
      const [x, y] = [(await workshop.import(a)).dataset, (await other.import(b)).dataset];
      assert.deepEqual([x.id, x.contentSha256], [y.id, y.contentSha256]);
      const bytes = (at: Workshop): Promise<Buffer> => readFile(join(at.datasets, x.id, 'documents.parquet'));
      assert((await bytes(workshop)).equals(await bytes(other)));
    } finally {
      await other.close();
    }
  });

  it('a dataset that was damaged is made anew', async () => {
    const path = await workshop.write('c.jsonl', differentRows(50));
    const { dataset, documents } = await workshop.import(path);
    await truncate(join(workshop.datasets, dataset.id, 'documents.parquet'), 1000);
    assert.deepEqual((await workshop.import(path)).documents, documents);
    await writeFile(join(workshop.datasets, dataset.id, 'dataset.json'), '{');
    assert.deepEqual((await workshop.import(path)).documents, documents);
    assert.deepEqual(await readdir(workshop.datasets), [dataset.id]);
  });

  it('two imports at the same time end as one dataset', async () => {
    const path = await workshop.write('c.jsonl', differentRows(500));
    const [a, b] = await Promise.all([workshop.import(path), workshop.import(path)]);
    assert.deepEqual(a.dataset, b.dataset);
    assert.deepEqual(await readdir(workshop.datasets), [a.dataset.id]);
  });

  it('texts too much alike for three sides are imported, and it is said which sides are empty', async () => {
    const same = await workshop.import(await workshop.write('same.jsonl', '{"text": "same"}\n'.repeat(20)));
    assert.deepEqual(same.dataset.documents, { total: 20, train: 20, validation: 0, test: 0 });
    assert.match(
      same.dataset.warnings?.[0] ?? '',
      /1 different text cannot fill all sides.*test side.*validation side/,
    );

    const near = (i: number): string => JSON.stringify({ text: `Explain number ${i} please in detail and at length.` });
    const rows = [...Array.from({ length: 9 }, (_, i) => near(i)), '{"text": "something else altogether"}'];
    const two = await workshop.import(await workshop.write('near.jsonl', rows.join('\n')));
    assert.deepEqual(two.dataset.documents, { total: 10, train: 9, validation: 0, test: 1 });
    assert.match(
      two.dataset.warnings?.[0] ?? '',
      /2 different texts cannot fill all sides. The validation side is empty/,
    );

    const asked = await workshop.importAll(await workshop.write('one.jsonl', '{"text": "the only one"}'));
    assert.deepEqual(asked.dataset.warnings, []);
  });

  it('cancelled at any stage, it leaves nothing behind', async () => {
    const path = await workshop.write('c.jsonl', differentRows(10_000));
    for (const when of ['Checking the files', 'Reading documents', 'Writing documents']) {
      const controller = new AbortController();
      const report = ({ stage }: Progress): void => {
        if (stage === when) controller.abort(new Error('stopped by the test'));
      };
      await assert.rejects(
        importCorpus(optionsOf(path), workshop.datasets, watchOf(report, controller.signal)),
        /stopped by the test/,
      );
      assert.deepEqual(await readdir(workshop.datasets).catch(() => []), []);
    }
  });

  it('killed at any moment, it shows nothing, and the next import gives what an undisturbed one gives', async () => {
    const path = await workshop.write('c.jsonl', differentRows(5000));
    const calm = await workshop.import(path);
    const random = createRandom(6);
    const datasets = join(workshop.folder, 'killed');
    await mkdir(datasets);
    for (const when of ['Checking the files', 'Reading documents', 'Writing documents']) {
      const child = start(datasets, path);
      const ended = endOf(child);
      await new Promise<void>((resolve) => {
        child.on('message', (message) => (message as Progress).stage === when && resolve());
        child.on('exit', () => resolve());
      });
      await sleep(60 * random.uniform());
      child.kill('SIGKILL');
      const { signal } = await ended;
      if (signal === null) await rm(datasets, { recursive: true });
      else
        assert.deepEqual(
          (await readdir(datasets)).filter((name) => !name.startsWith('.import-')),
          [],
        );
    }
    const dataset = await importCorpus(
      optionsOf(path),
      datasets,
      watchOf(() => undefined),
    );
    assert.equal(dataset.contentSha256, calm.dataset.contentSha256);
    assert.deepEqual(await readdir(datasets), [dataset.id]);
    assert.deepEqual(await rows(join(datasets, dataset.id, 'documents.parquet')), calm.documents);
  });

  it('a full disk is told, and nothing half-written stays', async function () {
    if (process.platform === 'win32') this.skip();
    const path = await workshop.write('c.jsonl', differentRows(12_000));
    // A limit on the size of files, in blocks of 512 or 1024 bytes, ends writing as a full disk does.
    const limited = spawn('sh', [
      '-c',
      'ulimit -f 300; exec "$@"',
      'sh',
      process.execPath,
      program,
      'import',
      workshop.datasets,
      path,
    ]);
    const { answers } = await endOf(limited);
    assert.match(answers[0].error ?? '', /The disk is full/);
    assert.equal(answers[0].isUser, true);
    assert.deepEqual(await readdir(workshop.datasets), []);
  });

  it('Parquet that is truncated or has flipped bits ends in an error or a dataset, never in a crash', async () => {
    await workshop.write('none.txt');
    const path = workshop.path('c.parquet');
    await writeParquet(path, "SELECT 'text number ' || i || ' of some length' AS text, i AS id FROM range(500) t(i)");
    const whole = await readFile(path);
    const random = createRandom(9);
    const damaged = [
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, whole.length - 3),
      whole.subarray(0, 4),
      ...Array.from({ length: 12 }, () => {
        const copy = Buffer.from(whole);
        for (let i = 0; i < 5; i++) copy[random.below(copy.length)] ^= 1 << random.below(8);
        return copy;
      }),
    ];
    const paths = await Promise.all(damaged.map((bytes, i) => workshop.write(`damaged-${i}.parquet`, bytes)));
    const { answers, signal } = await endOf(start(workshop.datasets, ...paths));
    assert.equal(signal, null);
    assert.equal(answers.length, damaged.length);
    answers.forEach(({ dataset, error, isUser }, i) => {
      if (i < 3) assert.match(error ?? '', /cannot be read as Parquet/);
      assert(dataset !== undefined || isUser, error);
    });
  });
}
