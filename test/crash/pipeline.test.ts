import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../backend/rpc/client/connection';
import type { RunRecord } from '../../backend/protocol/run';
import { generatedCorpus } from '../support/corpus';
import { settledRun } from '../support/project';
import { processesOf, type RunningBackend, startBackend } from './backend';

const spec = { kind: 'pipeline', k: 3, tokens: 4000, context: 64, rank: 2 } as const;
const kinds = ['import', 'split', 'train', 'mix'];

describe('a pipeline that is disturbed', () => {
  let root: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-crash-'));
    await writeFile(join(root, 'corpus.jsonl'), generatedCorpus(60));
  });

  after(() => rm(root, { recursive: true, force: true }));

  const begin = async ({ client }: RunningBackend, more: object = {}): Promise<string> =>
    (await client.call('runs/start', { spec: { ...spec, source: join(root, 'corpus.jsonl'), ...more } })).id;

  const stagesOf = async (client: Connection, parent: string): Promise<RunRecord[]> =>
    (await client.call('runs/list', { parent, limit: 10 })).items;

  async function end({ client, process, closed }: RunningBackend): Promise<void> {
    await client.close();
    process.stdin?.end();
    await closed;
  }

  /** SHA-256 of the experts' weights, and what the mixer reaches. */
  async function made(folder: string, client: Connection, run: string): Promise<string[]> {
    const [, , training, mixing] = await stagesOf(client, run);
    const { items } = await client.call('mixers/list', { limit: 10 });
    const hash = createHash('sha256');
    for (const letter of ['A', 'B', 'C'])
      hash.update(await readFile(join(folder, 'experts', training.result ?? '', letter, 'adapter_model.safetensors')));
    return [hash.digest('hex'), String(items.find(({ id }) => id === mixing.result)?.validationNll)];
  }

  it('waits with its stage on a full disk, and goes on when there is room', async function () {
    this.timeout(300_000);
    const folder = join(root, 'full');
    // What all experts share fits into a checkpoint, three experts with their optimiser do not.
    const tight = await startBackend(folder, 8 * 1024);
    const id = await begin(tight, { tokens: 12_000, rank: 16, context: 128 });
    const paused = await settledRun(tight.client, id);
    assert.deepEqual([paused.state, paused.failure?.reason], ['paused', 'disk-full'], paused.failure?.message);
    await end(tight);
    const roomy = await startBackend(folder);
    await roomy.client.call('runs/resume', { run: id });
    const done = await settledRun(roomy.client, id);
    assert.equal(done.state, 'done', done.failure?.message);
    assert.deepEqual(
      (await stagesOf(roomy.client, id)).map(({ attempt }) => attempt),
      [1, 1, 2, 1],
    );
    await end(roomy);
  });

  it('is killed in each stage, goes on from there, repeats no stage that was done, and makes the same to the bit', async function () {
    this.timeout(300_000);
    const straight = join(root, 'straight');
    const undisturbed = await startBackend(straight);
    const first = await settledRun(undisturbed.client, await begin(undisturbed));
    assert.equal(first.state, 'done', first.failure?.message);
    const expected = await made(straight, undisturbed.client, first.id);
    await end(undisturbed);

    const folder = join(root, 'killed');
    let backend = await startBackend(folder);
    const id = await begin(backend);
    for (const kind of kinds) {
      for (;;) {
        const stage = (await stagesOf(backend.client, id)).find((run) => run.spec.kind === kind);
        if (stage?.state === 'running') break;
        const { state, failure } = await backend.client.call('runs/get', { run: id });
        assert.ok(state === 'queued' || state === 'running', `${kind}: ${state} ${failure?.message}`);
        await sleep(10);
      }
      await sleep(150);
      for (const pid of await processesOf(folder)) process.kill(pid, 'SIGKILL');
      await backend.closed;
      backend = await startBackend(folder);
      const { state } = await backend.client.call('runs/get', { run: id });
      if (state !== 'done') {
        assert.equal(state, 'interrupted');
        await backend.client.call('runs/resume', { run: id });
      }
    }
    const done = await settledRun(backend.client, id);
    assert.equal(done.state, 'done', done.failure?.message);
    const stages = await stagesOf(backend.client, id);
    assert.deepEqual(
      stages.map((run) => run.spec.kind),
      kinds,
    );
    // One kill each, but for those that had ended in the moment before.
    assert.ok(
      stages.every(({ attempt }) => attempt <= 2),
      stages.map(({ attempt }) => attempt).join(),
    );
    assert.deepEqual(await made(folder, backend.client, id), expected);
    await end(backend);
  });
});
