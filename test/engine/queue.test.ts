import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError } from '../../backend/base/errors';
import type { RunRecord } from '../../backend/protocol/run';
import { explainExit } from '../../backend/engine/failure';
import { requireSpaceForRun } from '../../backend/base/disk-space';
import { processesOf } from '../crash/backend';
import { openProject, type TestProject } from '../support/project';

const training = { kind: 'train', rank: 4, learningRate: 5e-3, seed: 1 } as const;
// Long enough to be caught at work on any machine.
const long = { ...training, tokens: 2_000_000 };

describe('runs with the bundled model', () => {
  let project: TestProject;
  let dataset: string;
  let clustering: string;

  before(async () => {
    process.env.POLYMATH_CHECKPOINT_SECONDS = '0.2';
    project = await openProject();
    dataset = (await project.run({ kind: 'import', source: join(project.root, 'corpus.jsonl') })).result ?? '';
    const split = await project.run({ kind: 'split', dataset, method: 'unigram', k: 3 });
    assert.equal(split.state, 'done', split.failure?.message);
    clustering = split.result ?? '';
  });

  after(async () => {
    delete process.env.POLYMATH_CHECKPOINT_SECONDS;
    await project.remove();
  });

  const start = async (tokens = long.tokens, again = false): Promise<string> =>
    (await project.backend.call('runs/start', { spec: { ...long, tokens, clustering }, again })).id;

  /** Resolves when the run has trained for a while: its curve has so many points. */
  async function atWork(id: string, points = 3): Promise<void> {
    for (;;) {
      if ((await project.backend.call('runs/metrics', { run: id })).length >= points) return;
      const { state, failure } = await project.backend.call('runs/get', { run: id });
      assert.ok(state === 'queued' || state === 'running', failure?.message);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function weights(experts: string | undefined): Promise<string> {
    const hash = createHash('sha256');
    for (const letter of ['A', 'B', 'C']) {
      hash.update(await readFile(join(project.folder, 'experts', experts ?? '', letter, 'adapter_model.safetensors')));
    }
    return hash.digest('hex');
  }

  async function forgetTasks(): Promise<void> {
    // Otherwise the second of two equal runs would only look up the result of the first.
    const results = join(project.folder, 'tasks', 'results');
    for (const name of await readdir(results)) await writeFile(join(results, name), 'nothing');
  }

  it('one computes at a time, an import goes beside it; cancel is durable, idempotent, and leaves nothing alive', async () => {
    const first = await start();
    const second = await start(long.tokens, true);
    await atWork(first);
    assert.equal((await project.backend.call('runs/get', { run: second })).state, 'queued');
    const again = await project.run({ kind: 'import', source: join(project.root, 'corpus.jsonl') });
    assert.deepEqual([again.state, again.result], ['done', dataset]);
    const cancelled = await project.backend.call('runs/cancel', { run: second });
    assert.equal(cancelled.state, 'cancelled');
    const began = performance.now();
    const [one, two] = await Promise.all([1, 2].map(() => project.backend.call('runs/cancel', { run: first })));
    assert.ok(performance.now() - began < 11_000);
    assert.deepEqual([one.state, two.state], ['cancelled', 'cancelled']);
    assert.deepEqual(await processesOf(first), []);
    const progress = one.progress;
    assert.ok(progress !== undefined && progress.done > 0 && progress.rate !== undefined, JSON.stringify(progress));
    await project.reopen();
    assert.equal((await project.backend.call('runs/get', { run: first })).state, 'cancelled');
  });

  it('a run that does what another one does already is refused with its place, unless it is to be done again', async () => {
    const tokens = 3_000_000;
    const [one, two] = await Promise.allSettled([start(tokens), start(tokens)]);
    assert.ok(one.status === 'fulfilled' && two.status === 'rejected');
    assert.ok(two.reason instanceof ConflictError);
    assert.match(
      two.reason.message,
      new RegExp(`^The run ${one.value} does the same already: .* at \\d\\d:\\d\\d and `),
    );
    assert.match(two.reason.next, new RegExp(`polymath resume ${one.value}.*--again`));
    await atWork(one.value);
    await assert.rejects(start(tokens), /is at <?\d+ % of “Training/);
    const others = [await start(tokens + 1), await start(tokens, true)];
    for (const id of [...others, one.value]) await project.backend.call('runs/cancel', { run: id });
    // What has been stopped keeps nobody from a new run.
    await project.backend.call('runs/cancel', { run: await start(tokens) });
  });

  it('paused, killed and interrupted runs go on to the same weights, with curves that have no gap', async function () {
    // An undisturbed run, and one that begins four times.
    this.timeout(120_000);
    const tokens = 16_000;
    const straight = await project.settled(await start(tokens));
    assert.equal(straight.state, 'done', straight.failure?.message);
    await forgetTasks();
    const id = await start(tokens);
    await atWork(id);
    assert.equal((await project.backend.call('runs/pause', { run: id })).state, 'paused');
    await project.backend.call('runs/resume', { run: id });
    await atWork(id, 5);
    for (const pid of await processesOf(id)) process.kill(pid, 'SIGKILL');
    const crashed = await project.settled(id);
    assert.deepEqual([crashed.state, crashed.failure?.reason], ['failed', 'crashed']);
    assert.match(crashed.failure?.next ?? '', /Resume/);
    await project.backend.call('runs/resume', { run: id });
    await atWork(id, 7);
    await project.reopen();
    assert.equal((await project.backend.call('runs/get', { run: id })).state, 'interrupted');
    await project.backend.call('runs/resume', { run: id });
    const done = await project.settled(id);
    assert.deepEqual([done.state, done.attempt, done.failure], ['done', 4, undefined]);
    assert.equal(await weights(done.result), await weights(straight.result));
    const points = await project.backend.call('runs/metrics', { run: id });
    assert.deepEqual(
      points.map(({ sequence }) => sequence),
      points.map((_, i) => i + 1),
    );
    const places = points.map(
      ({ stage, step }) => `${stage.startsWith('Training what') ? 0 : 1} ${String(step).padStart(9, '0')}`,
    );
    assert.deepEqual(places, [...places].sort());
    assert.ok((done.actual?.tokens ?? 0) > 0 && (done.actual?.memory ?? 0) > 50);
  });

  it('a loss that explodes stops the run with its step and keeps the last checkpoint', async () => {
    // Few steps, so that the rate is warm at once, and many parameters: the loss leaps whatever the rounding.
    const run = await project.run({ ...training, rank: 64, tokens: 3000, clustering, learningRate: 1 });
    assert.deepEqual([run.state, run.failure?.reason], ['failed', 'diverged'], run.failure?.message);
    assert.match(run.failure?.message ?? '', /nats per token at step \d+/);
    assert.match(run.failure?.next ?? '', /lower learning rate/);
  });

  it('running out of memory ends the run alone, is named, and the run can be resumed', async () => {
    process.env.NODE_OPTIONS = '--max-old-space-size=14';
    const id = await start(3000);
    delete process.env.NODE_OPTIONS;
    const failed = await project.settled(id);
    const log = await readFile(join(project.folder, 'runs', id, 'log.txt'), 'utf8');
    assert.deepEqual([failed.state, failed.failure?.reason], ['failed', 'out-of-memory'], log);
    await project.backend.call('runs/resume', { run: id });
    assert.equal((await project.settled(id)).state, 'done');
  });

  it('running out of memory has many words', () => {
    for (const line of [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      'Fatal process out of memory: Zone',
      'FATAL ERROR: OutOfMemory',
      "terminate called after throwing an instance of 'std::bad_alloc'",
      'fork: Cannot allocate memory',
    ]) {
      assert.equal(
        explainExit(null, 'SIGABRT', `${line}\n----- Native stack trace -----`).reason,
        'out-of-memory',
        line,
      );
    }
    assert.equal(explainExit(null, 'SIGABRT', 'Aborted').reason, 'crashed');
  });

  it('a run whose documents have changed is not resumed, and says what changed', async () => {
    const id = await start();
    await atWork(id);
    await project.backend.call('runs/pause', { run: id });
    const file = join(project.folder, 'datasets', dataset, 'documents.parquet');
    const before = await readFile(file);
    await appendFile(file, 'x');
    // The tests that follow read the documents, whatever becomes of this one.
    const resumed = project.backend.call('runs/resume', { run: id }).finally(() => writeFile(file, before));
    await assert.rejects(resumed, /documents\.parquet is damaged/);
    assert.equal((await project.backend.call('runs/get', { run: id })).state, 'paused');
  });

  it('when every checkpoint is damaged the run says so instead of beginning anew', async () => {
    const id = await start();
    await atWork(id);
    await project.backend.call('runs/pause', { run: id });
    const work = join(project.folder, 'tasks', 'work');
    for (const name of await readdir(work, { recursive: true })) {
      if (name.endsWith('.checkpoint')) await writeFile(join(work, name), 'nothing');
    }
    await project.backend.call('runs/resume', { run: id });
    const failed = await project.settled(id);
    assert.deepEqual([failed.state, failed.failure?.reason], ['failed', 'no-checkpoint'], failed.failure?.message);
  });

  it('a clustering that was taken back does not reach a run that has begun, moves before it do', async () => {
    const call = project.backend.call.bind(project.backend);
    const [row] = (await call('piles/documents', { clustering, pile: 0, limit: 1 })).items;
    await call('labels/move', { clustering, documents: [{ index: row.index, version: row.version }], to: 1 });
    const run: RunRecord = await project.run({ ...training, tokens: 2_000, clustering });
    const { experts } = await call('experts/get', { experts: run.result ?? '' });
    const piles = await call('piles/list', { clustering });
    const total = piles.reduce((sum, { size }) => sum + size, 0);
    assert.deepEqual(
      experts.map(({ share = 0 }) => Math.round(share * total)),
      piles.map(({ size }) => size),
    );
  });

  it('its cost is estimated from a probe: tokens as they will be, time and memory of this machine', async () => {
    const spec = { ...training, tokens: 8000, clustering, seed: 9 };
    const estimate = await project.backend.call('runs/estimate', { spec });
    const run = await project.run(spec);
    const { actual } = run;
    assert.deepEqual(run.estimate, estimate);
    assert.ok(actual !== undefined);
    assert.ok(Math.abs(estimate.tokens / actual.tokens - 1) < 0.1, JSON.stringify({ estimate, actual }));
    assert.ok(estimate.seconds > 0 && estimate.memory > 50);
  });

  it('nothing starts on a disk that is nearly full', async () => {
    await requireSpaceForRun(project.folder);
    const message = /100 MiB left; a run wants 256 MiB/;
    await assert.rejects(requireSpaceForRun(project.folder, Promise.resolve(100 * 2 ** 20)), {
      name: 'UserError',
      message,
    });
  });

  it('mistakes are refused before anything starts', async () => {
    const call = project.backend.call.bind(project.backend);
    const refused = (spec: object, message: RegExp): Promise<void> =>
      assert.rejects(call('runs/start', { spec } as never), { name: 'UserError', message });
    await refused({ kind: 'split', dataset: 'data-0000000000', method: 'em' }, /There is no|no dataset/);
    await refused({ kind: 'split', dataset, method: 'unigram', k: 100 }, /cannot fill 100 piles/);
    await refused({ kind: 'split', dataset: '../../etc', method: 'unigram' }, /dataset/);
    await refused({ ...training, clustering, tokens: Number.NaN }, /tokens/);
    await refused({ kind: 'dance' }, /kind/);
    await assert.rejects(call('runs/resume', { run: 'run-000000' }), /There is no run/);
  });
});
