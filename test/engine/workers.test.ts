import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../backend/base/errors';
import { program } from '../../backend/base/package-folder';
import type { Progress, Watch } from '../../backend/base/progress';
import { putValue } from '../../backend/engine/artifacts/values';
import type { Executor } from '../../backend/engine/executors/executor';
import { LocalExecutor } from '../../backend/engine/executors/local';
import { putStack } from '../../backend/engine/tasks/perform/stack';
import { type ScoreInput, scoreTask } from '../../backend/engine/tasks/score';
import { TaskFolder } from '../../backend/engine/tasks/task-folder';
import { packTexts } from '../../backend/engine/tasks/texts';
import { type TrainInput, trainTask } from '../../backend/engine/tasks/train';
import { workersOf } from '../../backend/engine/workers/address';
import { QueuedExecutor } from '../../backend/engine/workers/executor';
import { readNews } from '../../backend/engine/workers/presence';
import { connectRedis } from '../../backend/engine/workers/redis';
import { computeByTasks } from '../../backend/kinds/shared/computing';
import { emHere } from '../../backend/split/methods/em/perplexity-em';
import { defaultPerplexityEm } from '../../backend/split/methods/em/perplexity-settings';
import { generatedCorpus } from '../support/corpus';
import { trainByTasks } from '../../backend/kinds/shared/training';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { hashModel } from '../../backend/model/weights/fingerprint';
import { defaultTraining } from '../../backend/train/settings';
import { processesOf } from '../crash/backend';
import { redisThere, RedisServer } from '../support/redis';
import { WorkerProcess } from '../support/worker-process';

const silent: Watch = { report: () => undefined, signal: new AbortController().signal };
const modelFolder = 'models/polymath-base';
const words = 'the captain and the crew sail north with the tide and the wind '.repeat(6);

describe('tasks for workers of a queue', function () {
  let folder: string;
  let artifacts: string;
  let redis: RedisServer;
  let variables: Record<string, string>;
  let local: LocalExecutor;
  let model: string;
  let base: LanguageModel;
  let texts: Int32Array[];
  const workers: WorkerProcess[] = [];
  const opened: QueuedExecutor[] = [];

  before(async function () {
    if (!redisThere) {
      console.log('      skipped: there is no redis-server on this machine (apt-get install redis-server)');
      return this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    artifacts = join(folder, 'shared');
    redis = await RedisServer.start(join(folder, 'redis'));
    variables = { ...redis.variables, POLYMATH_LOCK_SECONDS: '2', POLYMATH_CACHE: join(folder, 'cache') };
    // The executors of this process are told what other processes read of their environment.
    process.env.POLYMATH_QUEUE_PASSWORD = redis.password;
    model = await hashModel(modelFolder);
    base = await LanguageModel.open(modelFolder, { threads: 1 });
    texts = Array.from({ length: 6 }, (_, i) => base.tokenizer.encode(words.slice(i * 10)));
    local = new LocalExecutor({
      program: await program('backend/programs/worker'),
      folder: new TaskFolder(join(folder, 'tasks')),
      ...{ models: new Map([[model, modelFolder]]), device: 'cpu', workers: 1, threads: 1 },
    });
  });

  after(async () => {
    delete process.env.POLYMATH_QUEUE_PASSWORD;
    if (!redisThere) return;
    await Promise.all(opened.map((executor) => executor.close()));
    await Promise.all(workers.map((worker) => worker.kill()));
    await local.close();
    await base.dispose();
    await redis.kill();
    // What computes for a worker that is gone ends by itself.
    for (let i = 0; i < 100 && (await processesOf(folder)).length > 0; i++) await sleep(100);
    assert.deepEqual(await processesOf(folder), []);
    await rm(folder, { recursive: true, force: true });
  });

  async function worker(): Promise<WorkerProcess> {
    const made = new WorkerProcess(artifacts, variables, '--threads', '1');
    workers.push(made);
    await made.says(/takes tasks/);
    return made;
  }

  async function executor(): Promise<QueuedExecutor> {
    const made = await QueuedExecutor.open({
      address: { queue: redis.address, artifacts },
      ...{ device: 'cpu', products: 'full', models: new Map([[model, modelFolder]]), tell: () => undefined },
    });
    opened.push(made);
    return made;
  }

  const scoring = async ({ artifacts: at }: Executor, from: number): Promise<ScoreInput> => ({
    model,
    texts: await putValue(at, packTexts(texts.slice(from))),
  });

  it('wait for a worker, are done with the bits of this machine, and once', async () => {
    const one = await executor();
    const stages: string[] = [];
    const watch: Watch = { ...silent, report: ({ stage }) => void stages.push(stage) };
    const waiting = one.execute(scoreTask, await scoring(one, 0), watch);
    while (stages.length === 0) await sleep(20);
    assert.deepEqual(stages, ['Waiting for a worker']);
    const first = await worker();
    assert.deepEqual(await waiting, await local.execute(scoreTask, await scoring(local, 0), silent));
    // Another coordinator finds it done.
    const other = await executor();
    assert.deepEqual(await other.execute(scoreTask, await scoring(other, 0), silent), await waiting);
    assert.equal(first.said.match(/: begun/g)?.length, 1);
  });

  it('fail with their cause and are not tried again, where another try ends the same', async () => {
    const one = await executor();
    const missing = { model, texts: '0'.repeat(64) };
    await assert.rejects(one.execute(scoreTask, missing, silent), { name: 'ToldFailure', message: /ENOENT/ });
    assert.equal(workers[0].said.match(/ENOENT/g)?.length, 1);
    // Whoever asks again gets another try.
    await assert.rejects(one.execute(scoreTask, missing, silent), /ENOENT/);
  });

  const training = async ({ artifacts: at }: Executor, k: number, tokens: number): Promise<TrainInput> => ({
    model,
    piles: await putValue(
      at,
      Array.from({ length: k }, (_, e) => packTexts(texts.slice(2 * e, 2 * e + 2))),
    ),
    tokens,
    settings: { ...defaultTraining, context: 32 },
    validation: {
      piles: await putValue(
        at,
        Array.from({ length: k }, () => packTexts(texts.slice(4))),
      ),
      every: 5,
    },
  });

  it('train experts apart, by two workers, to the bits of experts side by side', async () => {
    await worker();
    const one = await executor();
    const told: Progress[] = [];
    const watch: Watch = { ...silent, report: (progress) => void told.push(progress) };
    const apart = await trainByTasks(one, await training(one, 3, 6000), base.config, watch);
    const together = await trainByTasks(local, await training(local, 3, 6000), base.config, silent);
    assert.deepEqual(apart, together);
    assert.ok(workers.every(({ said }) => /train .*: done/.test(said)));
    const last = told.at(-1);
    assert.equal(last?.stage, 'Training 3 experts');
    assert.ok(Number.isFinite(last.values?.['loss B']));
    const adapters = createAdapters(base.config, defaultLora, { count: 2, seed: 1 });
    const from = await putStack(one.artifacts, adapters.part(0, 1));
    assert.equal(from, await putStack(local.artifacts, adapters.part(0, 1)));
    const branches = [await training(one, 2, 2000), await training(local, 2, 2000)].map((input) => ({
      ...input,
      from,
    }));
    assert.deepEqual(
      await trainByTasks(one, branches[0], base.config, silent),
      await trainByTasks(local, branches[1], base.config, silent),
    );
  });

  it('split by perplexity EM, document shards and experts apart, to the bits of one process', async () => {
    const one = await executor();
    const rows = generatedCorpus(40).trim().split('\n');
    const documents = rows.map((row) => base.tokenizer.encode((JSON.parse(row) as { text: string }).text));
    const settings = { ...defaultPerplexityEm, k: 2, seed: 4, prefix: 12, rounds: 2, settled: 0, tokensPerRound: 400 };
    for (const commonTokens of [0, 300]) {
      const given = { documents, validation: texts.slice(0, 2), settings: { ...settings, commonTokens } };
      const { perplexityEm } = computeByTasks(one, { model: base, sha256: model });
      const found = await perplexityEm(given, silent);
      assert.deepEqual(found, await emHere(base)(given, silent));
    }
    assert.ok(workers.every(({ said }) => /em-learn .*: done/.test(said) && /em-judge .*: done/.test(said)));
  });

  it('stop when nobody wants them, with a checkpoint from which the next one goes on', async () => {
    const one = await executor();
    const input = await training(one, 1, 60_000);
    const stopping = new AbortController();
    const watch: Watch = {
      signal: stopping.signal,
      report: ({ done }) => done > 0 && stopping.abort(new Error('enough')),
    };
    await assert.rejects(one.execute(trainTask, input, watch), /enough/);
    const redisNow = redis.connect();
    const news = async (): Promise<unknown[]> => (await readNews(redisNow)).flatMap(({ task }) => task ?? []);
    for (let i = 0; i < 150 && (await news()).length > 0; i++) await sleep(100);
    assert.deepEqual(await news(), []);
    redisNow.disconnect();
    assert.equal((await readdir(join(artifacts, 'work'))).length, 1);
  });

  it('go to another worker when one leaves, is killed, or stands still; who lost its lock publishes nothing', async () => {
    const one = await executor();
    const [first, second] = workers;
    const busy = async (
      input: TrainInput,
    ): Promise<{ done: Promise<unknown>; at: WorkerProcess; other: WorkerProcess }> => {
      const before = workers.map(({ said }) => said.length);
      const done = one.execute(trainTask, input, silent);
      for (;;) {
        const at = [first, second].findIndex(({ said }, i) => said.slice(before[i]).includes('begun'));
        if (at >= 0) return { done, at: workers[at], other: workers[1 - at] };
        await sleep(20);
      }
    };
    const still = await busy(await training(one, 1, 4000));
    still.at.child.kill('SIGSTOP');
    const expected = await local.execute(trainTask, await training(local, 1, 4000), silent);
    assert.deepEqual(await still.done, expected);
    const published = still.at.said.match(/: done/g)?.length;
    still.at.child.kill('SIGCONT');
    await still.at.says(/lock/i);
    assert.equal(still.at.said.match(/: done/g)?.length, published);
    const left = await busy(await training(one, 1, 5000));
    assert.equal(await left.at.leave(), 0);
    assert.deepEqual(await left.done, await local.execute(trainTask, await training(local, 1, 5000), silent));
    workers.splice(workers.indexOf(left.at), 1, await worker());
  });

  it('name what is wrong with an address, and hold no password', async () => {
    const folderNamed = { artifacts: '/shared' };
    assert.equal(workersOf({}, {}), undefined);
    assert.deepEqual(workersOf({}, { POLYMATH_QUEUE: 'redis://a', POLYMATH_ARTIFACTS: '/b' }), {
      ...{ queue: 'redis://a', artifacts: '/b' },
    });
    for (const [queue, message] of [
      ['http://host', /no address of a queue/],
      ['redis://', /no address of a queue/],
      ['redis://me:secret@host', /holds a password/],
    ] as const) {
      assert.throws(
        () => workersOf({ queue, ...folderNamed }, {}),
        (error: unknown) => error instanceof UserError && message.test(error.message) && !/secret/.test(error.message),
      );
    }
    assert.throws(() => workersOf({ queue: 'redis://a' }, {}), /no place for artifacts/);
    process.env.POLYMATH_QUEUE_PASSWORD = 'wrong';
    await assert.rejects(connectRedis(redis.address), { name: 'UserError', message: /right password/ });
    process.env.POLYMATH_QUEUE_PASSWORD = redis.password;
    await assert.rejects(connectRedis('redis://127.0.0.1:1'), { name: 'UserError', message: /cannot be reached/ });
  });
});
