import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Watch } from '../../backend/base/progress';
import { program } from '../../backend/base/package-folder';
import { getFolder, putFolder } from '../../backend/engine/artifacts/folders';
import { S3Client } from '../../backend/engine/artifacts/s3-client';
import { getValue, putValue, readAll } from '../../backend/engine/artifacts/values';
import { LocalExecutor } from '../../backend/engine/executors/local';
import { openTaskStore } from '../../backend/engine/tasks/open-store';
import { scoreTask } from '../../backend/engine/tasks/score';
import { TaskFolder } from '../../backend/engine/tasks/task-folder';
import { packTexts, packedTexts } from '../../backend/engine/tasks/texts';
import { QueuedExecutor } from '../../backend/engine/workers/executor';
import { LanguageModel } from '../../backend/model/language-model';
import { hashModel } from '../../backend/model/weights/fingerprint';
import { redisThere, RedisServer } from '../support/redis';
import { type S3Server, startS3 } from '../support/s3';
import { WorkerProcess } from '../support/worker-process';

const address = 's3://corpora/a/b';
const modelFolder = 'models/polymath-base';
const silent: Watch = { report: () => undefined, signal: new AbortController().signal };

describe('artifacts in S3', () => {
  let folder: string;
  let server: S3Server;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    server = await startS3(join(folder, 's3'), 'corpora');
    environment = { ...process.env };
    Object.assign(process.env, server.variables, { POLYMATH_CACHE: join(folder, 'cache') });
  });

  after(async () => {
    process.env = environment;
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are kept whole under their hash, values and folders too, and leave nothing on this machine', async () => {
    const { artifacts, ...store } = openTaskStore(address);
    const texts = packTexts([Int32Array.of(1, 2, 3), new Int32Array(300_000)]);
    const name = await putValue(artifacts, texts);
    assert.equal(await artifacts.has(name), true);
    assert.equal(await artifacts.has('0'.repeat(64)), false);
    assert.deepEqual(await getValue(artifacts, name, packedTexts), texts);
    const empty = await artifacts.put([]);
    assert.equal((await readAll(artifacts, empty)).length, 0);
    await writeFile(join(folder, 'a.txt'), 'a');
    const kept = await putFolder(artifacts, modelFolder);
    await getFolder(artifacts, kept, join(folder, 'model'));
    assert.equal(await hashModel(join(folder, 'model')), await hashModel(modelFolder));
    const again = openTaskStore(address);
    assert.equal(await again.result(name), undefined);
    await again.keepResult(name, empty);
    assert.equal(await again.result(name), empty);
    assert.deepEqual(await readdir(join(folder, 'cache', 'arriving')), []);
    assert.ok(store);
  });

  it('say what is wrong: missing, damaged, no bucket, no key, a wrong one, nobody there', async () => {
    const { artifacts } = openTaskStore(address);
    await assert.rejects(readAll(artifacts, '0'.repeat(64)), /has no artifact 0000/);
    const client = new S3Client(address);
    const sha256 = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';
    await client.put(`blobs/${'1'.repeat(64)}`, { body: 'secret', sha256 });
    await assert.rejects(readAll(artifacts, '1'.repeat(64)), { name: 'DamagedArtifactError' });
    await assert.rejects(new S3Client('s3://nowhere/a').get('b'), { name: 'UserError', message: /NoSuchBucket/ });
    assert.throws(() => new S3Client(address, {}), { name: 'UserError', message: /no key/ });
    const wrong = new S3Client(address, { ...server.variables, AWS_ACCESS_KEY_ID: 'wrong' });
    await assert.rejects(wrong.get('b'), { name: 'UserError', message: /403 InvalidAccessKeyId/ });
    const nobody = new S3Client(address, { ...server.variables, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    await assert.rejects(nobody.has('b'), { name: 'UserError', message: /cannot be reached/ });
  });

  it('serve workers that share no folder, to the bits of this machine', async function () {
    if (!redisThere) return this.skip();
    const redis = await RedisServer.start(join(folder, 'redis'));
    process.env.POLYMATH_QUEUE_PASSWORD = redis.password;
    const variables = { ...redis.variables, POLYMATH_CACHE: join(folder, 'other-cache') };
    const worker = new WorkerProcess(address, variables, '--threads', '1');
    const model = await hashModel(modelFolder);
    const models = new Map([[model, modelFolder]]);
    const common = { models, device: 'cpu', products: 'full' } as const;
    const queued = await QueuedExecutor.open({
      ...common,
      address: { queue: redis.address, artifacts: address },
      tell: () => undefined,
    });
    const local = new LocalExecutor({
      ...common,
      program: await program('backend/programs/worker'),
      folder: new TaskFolder(join(folder, 'tasks')),
      ...{ workers: 1, threads: 1 },
    });
    const { tokenizer } = await LanguageModel.open(modelFolder);
    const texts = packTexts([tokenizer.encode('the captain and the crew sail north with the tide')]);
    try {
      const [there, here] = await Promise.all(
        [queued, local].map(async (executor) =>
          executor.execute(scoreTask, { model, texts: await putValue(executor.artifacts, texts) }, silent),
        ),
      );
      assert.deepEqual(there, here);
    } finally {
      await worker.leave();
      await queued.close();
      await local.close();
      await redis.kill();
    }
  });
});
