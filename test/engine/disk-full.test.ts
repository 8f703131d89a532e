import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBundle } from '../../backend/base/bundle';
import { type RunningBackend, startBackend } from '../crash/backend';
import { generatedCorpus } from '../support/corpus';
import { settledRun } from '../support/project';

describe('a disk that is full', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(60));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function end({ client, process, closed }: RunningBackend): Promise<void> {
    await client.close();
    process.stdin?.end();
    await closed;
  }

  it('pauses a run with its last checkpoint whole, and the run goes on when there is room', async () => {
    const first = await startBackend(folder);
    const begin = async (spec: Parameters<typeof first.client.call<'runs/start'>>[1]['spec']): Promise<string> => {
      const run = await settledRun(first.client, (await first.client.call('runs/start', { spec })).id);
      assert.equal(run.state, 'done', run.failure?.message);
      return run.result ?? '';
    };
    const dataset = await begin({ kind: 'import', source: join(folder, 'corpus.jsonl') });
    const clustering = await begin({ kind: 'split', dataset, method: 'unigram', k: 3 });
    await end(first);

    // What all experts share fits into a checkpoint, three experts with their optimiser do not.
    const tight = await startBackend(folder, 8 * 1024);
    const spec = { kind: 'train', clustering, tokens: 12_000, rank: 16, learningRate: 5e-3, seed: 1 } as const;
    const { id } = await tight.client.call('runs/start', { spec });
    const paused = await settledRun(tight.client, id);
    assert.deepEqual([paused.state, paused.failure?.reason], ['paused', 'disk-full'], paused.failure?.message);
    assert.match(paused.failure?.message ?? '', /disk is full/);
    const work = join(folder, 'tasks', 'work');
    const checkpoints = (await readdir(work, { recursive: true })).filter((name) => name.endsWith('.checkpoint'));
    assert.ok(checkpoints.length > 0);
    for (const name of checkpoints) decodeBundle(await readFile(join(work, name)));
    assert.deepEqual(
      (await readdir(work, { recursive: true })).filter((name) => name.endsWith('.part')),
      [],
    );
    await end(tight);

    const roomy = await startBackend(folder);
    await roomy.client.call('runs/resume', { run: id });
    const done = await settledRun(roomy.client, id);
    assert.deepEqual([done.state, done.attempt], ['done', 2], done.failure?.message);
    await end(roomy);
  });
});
