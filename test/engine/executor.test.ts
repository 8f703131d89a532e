import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashModel } from '../../backend/model/weights/fingerprint';
import { LanguageModel, stackKey } from '../../backend/model/language-model';
import { program } from '../../backend/base/package-folder';
import type { Watch } from '../../backend/base/progress';
import { putValue } from '../../backend/engine/artifacts/values';
import { LocalExecutor } from '../../backend/engine/executors/local';
import { placeHere } from '../../backend/engine/tasks/place';
import { type ScoreInput, scoreTask } from '../../backend/engine/tasks/score';
import { taskKey } from '../../backend/engine/tasks/task';
import { TaskFolder } from '../../backend/engine/tasks/task-folder';
import { packTexts } from '../../backend/engine/tasks/texts';
import { trainTask } from '../../backend/engine/tasks/train';
import { readByTasks } from '../../backend/kinds/shared/expert-reading';
import { fitWeighting } from '../../backend/mixing/fit';
import { combined } from '../../backend/mixing/weightings/combined/combined';
import { contrast } from '../../backend/mixing/weightings/contrast/contrast';
import { probe } from '../../backend/mixing/weightings/probe/probe';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { type ExpertStack, numbersOf } from '../../backend/model/experts/stack';
import { Decoder } from '../../backend/model/decoding/decoder';
import { generate, speakerOf } from '../../backend/model/decoding/generate';
import { mixtureCombine } from '../../backend/mixing/decode';
import { centroid } from '../../backend/mixing/weightings/centroid/centroid';
import { equalWeights } from '../../backend/mixing/weightings/uniform/uniform';
import { type Computing, computeHere } from '../../backend/evaluate/computing';
import { computeByTasks } from '../../backend/kinds/shared/computing';
import { generateTask } from '../../backend/engine/tasks/generate';
import { putStack } from '../../backend/engine/tasks/perform/stack';
import { putWeighting } from '../../backend/engine/tasks/perform/weighting';
import { kmeansByWords } from '../../backend/split/methods/kmeans/kmeans';
import { encodeSpace, splitSpace } from '../../backend/split/space';
import { emByTasks } from '../../backend/kinds/shared/em-rounds';
import type { BaseScore } from '../../backend/split/describe/outliers';
import { score } from '../../backend/model/score';
import { emHere } from '../../backend/split/methods/em/perplexity-em';
import { defaultPerplexityEm } from '../../backend/split/methods/em/perplexity-settings';
import { defaultTraining } from '../../backend/train/settings';
import { processesOf } from '../crash/backend';
import { generatedCorpus } from '../support/corpus';
import { countTask } from '../support/toy-task';

const silent: Watch = { report: () => undefined, signal: new AbortController().signal };
const modelFolder = 'models/polymath-base';
const words = 'the captain and the crew sail north with the tide and the wind '.repeat(6);

describe('tasks in worker processes', () => {
  let folder: string;
  let tasks: TaskFolder;
  let model: string;
  let texts: Int32Array[];
  const open: LocalExecutor[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    tasks = new TaskFolder(folder);
    model = await hashModel(modelFolder);
    const { tokenizer } = await LanguageModel.open(modelFolder);
    texts = Array.from({ length: 4 }, (_, i) => tokenizer.encode(words.slice(i * 10)));
  });

  after(async () => {
    for (const executor of open) await executor.close();
    assert.deepEqual(await processesOf(folder), []);
    await rm(folder, { recursive: true, force: true });
  });

  async function executor(
    workers = 1,
    { threads = 1, worker = 'backend/programs/worker' }: { threads?: number; worker?: string } = {},
  ): Promise<LocalExecutor> {
    const made = new LocalExecutor({
      program: await program(worker),
      folder: tasks,
      models: new Map([[model, modelFolder]]),
      device: 'cpu',
      workers,
      threads,
    });
    open.push(made);
    return made;
  }

  const scoring = async (from: number): Promise<ScoreInput> => ({
    model,
    texts: await putValue(tasks.artifacts, packTexts(texts.slice(from))),
  });
  const here = placeHere('cpu', 1);
  const keyOf = (input: ScoreInput): string => taskKey(scoreTask, input, here);

  it('are named by their content alone: the order of fields does not count, every value does', async () => {
    const task = await scoring(0);
    assert.equal(keyOf(task), keyOf({ texts: task.texts, model: task.model }));
    assert.notEqual(keyOf(task), keyOf(await scoring(1)));
    assert.notEqual(keyOf(task), keyOf({ ...task, adapters: task.texts }));
    assert.throws(() => keyOf({ ...task, texts: '../../etc/passwd' }));
  });

  it('answer for no other place: neither device, processor, threads nor version', async () => {
    const task = await scoring(0);
    const products = 'int8';
    const others = [
      { device: 'webgpu' },
      { products },
      { processor: 'another' },
      { threads: 2 },
      { engine: '0' },
      { runtime: '0' },
    ];
    const keys = others.map((other) => taskKey(scoreTask, task, { ...here, ...other } as typeof here));
    assert.equal(new Set([keyOf(task), ...keys]).size, 1 + others.length);
    await (await executor()).execute(scoreTask, task, silent);
    const results = (): Promise<string[]> => readdir(join(folder, 'results'));
    const before = await results();
    assert.ok(before.includes(keyOf(task)));
    await (await executor(1, { threads: 2 })).execute(scoreTask, task, silent);
    assert.equal((await results()).length, before.length + 1);
  });

  it('are done once; a damaged result is made again, to the same bits', async () => {
    const task = await scoring(0);
    const first = await (await executor()).execute(scoreTask, task, silent);
    assert.equal(first.texts.length, 4);
    assert.ok(first.texts.flat().every(({ nll }) => nll.every((nats) => Number.isFinite(nats) && nats > 0)));
    const idle = await executor(0);
    // No worker can be started: the result is found.
    assert.deepEqual(await idle.execute(scoreTask, task, silent), first);
    const path = tasks.artifacts.path((await tasks.result(keyOf(task))) ?? '');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, 100));
    assert.deepEqual(await (await executor()).execute(scoreTask, task, silent), first);
    assert.deepEqual(await readFile(path), bytes);
  });

  it('go side by side; a worker that is killed takes its own task with it, and that is done again', async () => {
    const pair = await executor(2);
    const piles = await putValue(tasks.artifacts, [texts.slice(0, 2), texts.slice(2)].map(packTexts));
    const training = { model, piles, tokens: 3000, settings: defaultTraining };
    let killed = false;
    const kill: Watch = {
      ...silent,
      report: () => {
        if (killed) return;
        killed = true;
        void processesOf(folder).then((pids) => pids.forEach((pid) => process.kill(pid, 'SIGKILL')));
      },
    };
    await assert.rejects(pair.execute(trainTask, training, kill), { name: 'ToldFailure', message: /SIGKILL/ });
    const [trained, scored] = await Promise.all([
      pair.execute(trainTask, training, silent),
      scoring(2).then((task) => pair.execute(scoreTask, task, silent)),
    ]);
    assert.ok(trained.tokens > 2000 && trained.losses.every(Number.isFinite));
    assert.equal(scored.texts.length, 2);
    assert.deepEqual(await readdir(join(folder, 'work')), []);
  });

  it('fail with the cause where an artifact is missing or damaged', async () => {
    const one = await executor();
    const missing = { model, texts: '0'.repeat(64) };
    await assert.rejects(one.execute(scoreTask, missing, silent), /ENOENT/);
    const task = await scoring(3);
    await writeFile(tasks.artifacts.path(task.texts), 'nothing');
    await assert.rejects(one.execute(scoreTask, task, silent), /damaged: its bytes are not those that its name says/);
  });

  it('carry perplexity EM from round to round, to the bits that one process finds', async () => {
    const settings = { ...defaultPerplexityEm, k: 2, seed: 4, prefix: 12, rounds: 2, settled: 0, tokensPerRound: 400 };
    const given = { documents: texts, validation: texts.slice(0, 2), settings, proxyLayers: 2 };
    const base = await LanguageModel.open(modelFolder, { threads: 1 });
    const stages = new Set<string>();
    const watch: Watch = { ...silent, report: ({ stage }) => void stages.add(stage) };
    const opened = { model: base, sha256: model };
    const ofBase: BaseScore = (sequences) => score(base, sequences);
    const found = await emByTasks(await executor(), opened, ofBase)(given, watch);
    assert.deepEqual(found, await emHere(base)(given, silent));
    assert.ok(stages.has('Rounds of splitting'), [...stages].join(', '));
    // The rounds were done before.
    assert.deepEqual(await emByTasks(await executor(0), opened, ofBase)(given, silent), found);
    await base.dispose();
  });

  it('read texts for a mixer shard by shard, to the bits that one process reads', async () => {
    const base = await LanguageModel.open(modelFolder, { threads: 1 });
    const stack = createAdapters(base.config, defaultLora, { count: 2, seed: 1 });
    stack.parameters.data.forEach((value, i) => (stack.parameters.data[i] = value + ((i % 7) - 3) / 100));
    const rows = generatedCorpus(90).trim().split('\n');
    const all = rows.map((row) => base.tokenizer.encode((JSON.parse(row) as { text: string }).text));
    const [documents, validation] = [all.slice(0, 70), all.slice(70)];
    const training = { documents, piles: Int32Array.from(documents, (_, i) => i % 2) };
    const given = { model: base, stack, seed: 3, shares: [0.5, 0.5], training, validation };
    const one = await executor();
    const before = (await readdir(join(folder, 'results'))).length;
    const reading = await readByTasks(one, { model: base, sha256: model }, stack, silent, 1);
    for (const [entry, values] of [
      [probe],
      [probe, { probeOn: 'base' }],
      [combined, { withBase: true }],
      [contrast],
    ] as const) {
      const here = await fitWeighting(entry, given, silent, values);
      const byTasks = await fitWeighting(entry, { ...given, reading }, silent, values);
      assert.deepEqual(byTasks.weighting.toJson(), here.weighting.toJson());
      assert.equal(byTasks.validationNll, here.validationNll);
    }
    assert.ok((await readdir(join(folder, 'results'))).length > before + 2);
    await base.dispose();
  });

  it('compute what a comparison asks for, to the bits of one process', async () => {
    const base = await LanguageModel.open(modelFolder, { threads: 1 });
    const one = await executor();
    const [here, byTasks] = [computeHere(base), computeByTasks(one, { model: base, sha256: model })];
    const settings = { ...defaultTraining, context: 32 };
    const learned = texts.map((tokens) => ({ tokens }));
    const piles = [learned.slice(0, 2), learned.slice(2)];
    const outcome = async (computing: Computing): Promise<{ stack: ExpertStack; rest: unknown }> => {
      const common = await computing.train({ piles: [learned], tokens: 300, settings, from: 'base' }, silent);
      const stack = await computing.train({ piles, tokens: 900, settings, from: common }, silent);
      const losses = [await computing.losses(texts, undefined, silent), await computing.losses(texts, stack, silent)];
      const evidence = await computing.evidence(texts, stack, equalWeights(2), silent);
      const whole = [await computing.score(texts, stack, silent), await computing.score(texts, undefined, silent)];
      const means = await computing.meanStates([...texts, texts[0].subarray(0, 1)], silent);
      return {
        stack,
        rest: { whole, means, losses, evidence: evidence.flat().map(({ nll, k, n }) => ({ nll, k, n })) },
      };
    };
    const [{ stack, rest }, other] = [await outcome(here), await outcome(byTasks)];
    for (const e of [0, 1]) assert.deepEqual(numbersOf(other.stack, e), numbersOf(stack, e));
    assert.equal(stackKey(other.stack), stackKey(stack));
    assert.deepEqual(other.rest, rest);
    const prompt = [...texts[0].subarray(0, 8)];
    const drawn = { maxTokens: 5, stop: [], seed: 1, temperature: 0.8, topP: 0.95 };
    const input = { model, adapters: await putStack(tasks.artifacts, stack), prompt, settings: drawn };
    const { space, centroids } = await kmeansByWords([words, 'The cook salts the bread.'], { k: 2, seed: 1 });
    const near = await centroid.open({ temperature: 0.1, space: 'space.bundle' }, () =>
      Promise.resolve(encodeSpace(splitSpace(space, centroids))),
    );
    for (const [kept, weighting] of [
      [{}, equalWeights(2)],
      [{ weighting: await putWeighting(tasks.artifacts, near) }, near],
    ] as const) {
      const { tokens } = await one.execute(generateTask, { ...input, ...kept }, silent);
      const decoder = await Decoder.create(base, stack);
      const combine = mixtureCombine(weighting, base, stack);
      const found: unknown[] = [];
      const speaker = speakerOf(decoder, combine);
      for await (const { id, weights } of generate(speaker, base.tokenizer, Int32Array.from(prompt), drawn)) {
        found.push({ id, weights });
      }
      assert.deepEqual(
        tokens.map(({ id, weights }) => ({ id, weights })),
        found,
      );
      decoder.dispose();
    }
    await base.dispose();
  });

  it('may be of any kind: an entry, what performs it, and a worker that is given both', async () => {
    const one = await executor(1, { worker: 'test/support/toy-worker' });
    const text = await putValue(tasks.artifacts, 'the captain and the crew');
    assert.deepEqual(await one.execute(countTask, { text, word: 'the' }, silent), { count: 2 });
    const unknown = { ...scoreTask, name: 'unknown' };
    await assert.rejects(one.execute(unknown, await scoring(0), silent), /knows no task unknown/);
  });
});
