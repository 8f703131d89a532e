import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, UserError } from '../../backend/base/errors';
import { plannedFor, requireUsable } from '../../backend/kinds/pipeline/plan';
import { beginningOf, mixtureOf, promptToTry } from '../../backend/kinds/pipeline/prompt';
import type { SourceFacts } from '../../backend/protocol/catalog';
import type { RunRecord, RunSpec } from '../../backend/protocol/run';
import { openProject, type TestProject } from '../support/project';

const small = { kind: 'pipeline', k: 3, tokens: 1500, context: 64, rank: 2 } as const;
const kinds = ['import', 'split', 'train', 'mix'];

describe('a pipeline', () => {
  let project: TestProject;
  let spec: RunSpec;

  before(async () => {
    // Nothing answers there.
    Object.assign(process.env, { POLYMATH_CHECKPOINT_SECONDS: '0.2', HF_ENDPOINT: 'http://127.0.0.1:59999' });
    project = await openProject(60);
    spec = { ...small, source: join(project.root, 'corpus.jsonl') };
  });

  after(async () => {
    delete process.env.POLYMATH_CHECKPOINT_SECONDS;
    delete process.env.HF_ENDPOINT;
    await project.remove();
  });

  const start = async (asked: RunSpec): Promise<string> =>
    (await project.backend.call('runs/start', { spec: asked })).id;
  const stages = async (parent: string): Promise<RunRecord[]> =>
    (await project.backend.call('runs/list', { parent, limit: 10 })).items;
  const listed = async (): Promise<string[]> =>
    (await project.backend.call('runs/list', { limit: 100 })).items.map(({ id }) => id);

  /** Resolves with the run of a stage once it is at work. */
  async function stageAtWork(parent: string, kind: string): Promise<RunRecord> {
    for (;;) {
      const stage = (await stages(parent)).find((run) => run.spec.kind === kind);
      if (stage?.state === 'running') return stage;
      const { state, failure } = await project.backend.call('runs/get', { run: parent });
      assert.ok(state === 'queued' || state === 'running', failure?.message);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('is estimated by stages before it begins, is one row, and makes what its stages make alone', async () => {
    const estimate = await project.backend.call('runs/estimate', { spec });
    const { stages: costs = [] } = estimate;
    assert.deepEqual(
      costs.map(({ kind }) => kind),
      kinds,
    );
    assert.ok(Math.abs(estimate.seconds - costs.reduce((sum, { seconds }) => sum + seconds, 0)) < 1e-6);
    const told: string[] = [];
    const stop = project.backend.listen(({ event }) => {
      if (event.type === 'progress' && event.run === id) told.push(event.progress.stage);
    });
    let id = '';
    id = await start(spec);
    const done = await project.settled(id);
    stop();
    assert.equal(done.state, 'done', done.failure?.message);
    assert.deepEqual(await listed(), [id]);
    const made = await stages(id);
    assert.deepEqual(
      made.map((run) => [run.spec.kind, run.state, run.parent]),
      kinds.map((kind) => [kind, 'done', id]),
    );
    assert.deepEqual(
      made.map(({ estimate }) => estimate?.tokens),
      [undefined, ...costs.slice(1).map(({ tokens }) => tokens)],
    );
    assert.ok(
      kinds.every((_, i) => told.some((stage) => stage.startsWith(`${i + 1}/4 `))),
      told.join(', '),
    );
    const [dataset, split, experts, mixer] = made.map(({ result = '' }) => result);
    assert.equal(done.result, mixer);
    assert.equal((await project.backend.call('splits/get', { clustering: split })).dataset, dataset);
    assert.equal((await project.backend.call('experts/get', { experts })).clustering, split);
    const tokens = made.reduce((sum, { actual }) => sum + (actual?.tokens ?? 0), 0);
    assert.equal(done.actual?.tokens, tokens);
    const ratio = tokens / estimate.tokens;
    assert.ok(ratio > 0.5 && ratio < 2, `${tokens} tokens beside ${estimate.tokens}`);
    const prompt = await promptToTry(project.backend, dataset);
    const answer = await project.backend.call('ask', {
      model: await mixtureOf(project.backend, experts),
      prompt,
      maxTokens: 3,
    });
    assert.equal(answer.experts.length, 3);
    await project.backend.call('runs/remove', { run: id });
    assert.deepEqual(await stages(id), []);
    assert.equal((await project.backend.call('experts/get', { experts })).id, experts);
  });

  it('is paused and resumed with its stage, after which nothing that was done is done again', async () => {
    const id = await start({ ...spec, tokens: 40_000 });
    await assert.rejects(start({ ...spec, tokens: 40_000 }), ConflictError);
    const { id: stage } = await stageAtWork(id, 'train');
    // What is asked of a stage is asked of the whole.
    assert.deepEqual([(await project.backend.call('runs/pause', { run: stage })).id], [id]);
    assert.deepEqual(
      (await stages(id)).map(({ state }) => state),
      ['done', 'done', 'paused'],
    );
    await project.reopen();
    assert.equal((await project.backend.call('runs/get', { run: id })).state, 'paused');
    await project.backend.call('runs/resume', { run: stage });
    await stageAtWork(id, 'train');
    const cancelled = await project.backend.call('runs/cancel', { run: id });
    assert.equal(cancelled.state, 'cancelled');
    const [imported, split, training, ...more] = await stages(id);
    assert.deepEqual([imported.attempt, split.attempt, training.id, training.state], [1, 1, stage, 'cancelled']);
    assert.deepEqual(more, []);
    assert.ok((await project.backend.call('splits/get', { clustering: split.result ?? '' })).k === 3);
  });

  it('fails with the reason of its stage, and says which base model cannot be brought', async () => {
    await writeFile(join(project.root, 'empty.jsonl'), '');
    await mkdir(join(project.root, 'empty'), { recursive: true });
    for (const [asked, kind, reason] of [
      [{ source: join(project.root, 'empty.jsonl') }, 'import', /empty/],
      [{ source: join(project.root, 'empty') }, 'import', /no file that can be imported/],
      [{ k: 500 }, 'import', /documents cannot fill 500 piles/],
      [{ model: 'org/none', pull: true }, 'pull', /cannot be reached/],
    ] as const) {
      const failed = await project.settled(await start({ ...spec, ...asked }));
      assert.deepEqual([failed.state, failed.failure?.reason], ['failed', 'user-error'], failed.failure?.message);
      assert.match(failed.failure?.message ?? '', reason);
      assert.equal((await stages(failed.id)).at(-1)?.spec.kind, kind);
    }
  });
});

describe('the plan of a pipeline', () => {
  const facts: SourceFacts = {
    ...{ name: 'texts', format: 'jsonl', files: 1, bytes: 1000, fields: ['text'], columns: { text: 'text' } },
    ...{ preview: [], textBytes: 400_000, rejected: { count: 0, first: [] }, notes: [] },
    documents: { total: 1000, train: 800, validation: 100, test: 100, all: true },
  };
  const counts = (train: number, validation: number, all = true): SourceFacts => ({
    ...facts,
    documents: { total: train + validation, train, validation, test: 0, all },
  });

  it('has fewer piles and fewer tokens for a small corpus', () => {
    assert.deepEqual(plannedFor(facts), { k: 6, tokens: 200_000 });
    assert.deepEqual(plannedFor({ ...counts(50, 5), textBytes: 20_000 }), { k: 2, tokens: 50_000 });
    assert.deepEqual(plannedFor({ ...counts(3, 1), textBytes: 100 }), { k: 2, tokens: 20_000 });
  });

  it('is refused where the import must fail, or leaves too little', () => {
    requireUsable(facts, {});
    for (const [broken, message] of [
      [{ ...facts, columns: {} }, /No column looks like texts: text/],
      [counts(0, 0), /texts holds no documents: it is empty/],
      [counts(1, 1), /1 training document cannot fill 2 piles/],
      [counts(30, 0), /validation documents, and texts would have none/],
    ] as const) {
      assert.throws(
        () => requireUsable(broken, {}),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
    // Of a large corpus only the head was counted.
    requireUsable(counts(1, 0, false), {});
  });

  it('ends with the first words of a text, or half of a short one', () => {
    assert.equal(beginningOf('one two three four'), 'one two');
    assert.equal(beginningOf(`${'word '.repeat(40)}`).split(' ').length, 12);
    assert.equal(beginningOf('  \n'), '');
  });
});
