import assert from 'node:assert/strict';
import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LanguageModel } from '../../backend/model/language-model';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { loadExpert } from '../../backend/model/experts/forms';
import { type ExpertStack, numbersOf } from '../../backend/model/experts/stack';
import { score } from '../../backend/model/score';
import type { ImportExpertsSpec } from '../../backend/kinds/import-experts/spec';
import { warningsOf } from '../../backend/protocol/expert-warnings';
import type { Params } from '../../backend/protocol/messages';
import { type ExpertSetRecord, perplexityTable } from '../../backend/protocol/records';
import type { RunRecord } from '../../backend/protocol/run';
import { requireSpaceFor } from '../../backend/base/disk-space';
import { fixtureFolder, largestDifference } from '../support/fixtures';
import { openProject, type TestProject } from '../support/project';
import { baseModel, makeExperts, type TestExperts } from '../support/answerers';

type Import = Omit<ImportExpertsSpec, 'kind'>;

describe('experts that were trained elsewhere', () => {
  let project: TestProject;
  let elsewhere: TestExperts;
  let dataset: string;
  let clustering: string;
  let set: ExpertSetRecord;

  before(async () => {
    project = await openProject(60);
    elsewhere = await makeExperts({ rank: 2, alpha: 6, targets: 'all-linear', layers: 2 });
    dataset = (await project.run({ kind: 'import', source: join(project.root, 'corpus.jsonl') })).result ?? '';
    clustering = (await project.run({ kind: 'split', dataset, method: 'unigram', k: 2 })).result ?? '';
  });

  after(async () => {
    await elsewhere.remove();
    await project.remove();
  });

  const call: TestProject['backend']['call'] = (method, params) => project.backend.call(method, params);

  async function done(spec: Params<'runs/start'>['spec']): Promise<RunRecord> {
    const run = await project.run(spec);
    assert.equal(run.state, 'done', run.failure?.message);
    return run;
  }

  async function take(more: Partial<Import> = {}): Promise<ExpertSetRecord> {
    const { result } = await done({ kind: 'import-experts', folders: [elsewhere.folder], ...more });
    return call('experts/get', { experts: result ?? '' });
  }

  async function refused(message: RegExp, spec: Params<'runs/start'>['spec']): Promise<void> {
    const { state, failure } = await project.run(spec);
    assert.deepEqual([state, failure?.reason], ['failed', 'user-error'], failure?.message);
    assert.match(failure?.message ?? '', message);
  }

  it('come in byte by byte as a set without piles, with what they change', async () => {
    set = await take();
    assert.equal(set.clustering, undefined);
    assert.deepEqual(
      set.experts.map(({ letter, name, adapter }) => {
        assert.ok(adapter !== undefined && adapter.form !== 'full');
        return [letter, name, adapter.ranks, adapter.alphas, adapter.modules];
      }),
      [
        ['A', 'A', [4], [8], 10],
        ['B', 'B', [2], [6], 14],
      ],
    );
    assert.deepEqual(set.experts[0].source, { path: elsewhere.adapters[0], baseModel: 'polymath-base' });
    for (const file of ['adapter_config.json', 'adapter_model.safetensors']) {
      const taken = await readFile(join(project.folder, 'experts', set.id, 'B', file));
      assert.deepEqual(taken, await readFile(join(elsewhere.adapters[1], file)));
    }
  });

  it('answer alone and with equal weights, and are judged on any dataset; a mixer needs piles', async () => {
    const answers = await Promise.all(
      ['uniform', 'expert-a', 'expert-b', 'base'].map((model) =>
        call('ask', { model, prompt: 'The captain said', maxTokens: 8, temperature: 0 }),
      ),
    );
    const beginnings = answers.map(({ tokens }) => tokens[0].logProbability);
    assert.equal(new Set(beginnings).size, 4, beginnings.join());
    assert.deepEqual(answers[0].tokens[0].weights, [0.5, 0.5]);
    await assert.rejects(call('runs/start', { spec: { kind: 'mix', experts: set.id } }), /belong to no split/);
    await assert.rejects(call('runs/start', { spec: { kind: 'evaluate', experts: set.id } }), /no dataset is theirs/);
    const { result } = await done({ kind: 'evaluate', experts: set.id, dataset });
    const evaluation = await call('evaluations/get', { evaluation: result ?? '' });
    const { systems } = perplexityTable.parse(evaluation.result);
    assert.deepEqual(
      systems.map(({ name }) => name),
      ['Base model', 'Expert A A', 'Expert B B', 'Routed: one expert at a time', 'Equal weights'],
    );
    assert.ok(systems.every(({ macro }) => Number.isFinite(macro)));
  });

  it('with a split they belong to its piles, one by one, and get a mixer', async () => {
    const one = elsewhere.adapters.slice(0, 1);
    await refused(/has 2 piles with documents, and there is 1 expert\./, {
      kind: 'import-experts',
      folders: one,
      split: clustering,
    });
    const owned = await take({ split: clustering, name: 'Back from the cluster' });
    const piles = await call('piles/list', { clustering });
    assert.deepEqual(
      owned.experts.map(({ name, pile }) => [name, pile]),
      piles.map(({ name, pile }) => [name, pile]),
    );
    assert.equal(
      owned.experts.reduce((sum, { share = 0 }) => sum + share, 0),
      1,
    );
    const { result: mixer } = await done({ kind: 'mix', experts: owned.id });
    await done({ kind: 'evaluate', experts: owned.id, mixer: mixer ?? '' });
    await assert.rejects(call('splits/remove', { clustering }), /in use/);
  });

  it('are weighed by any weighting: by the centroids of their split, which lie beside it until it is removed', async () => {
    const { result: split = '' } = await done({ kind: 'split', dataset, method: 'kmeans', k: 2 });
    const owned = await take({ split });
    const guessed = { kind: 'mix', experts: owned.id, weighting: 'guess' };
    await assert.rejects(call('runs/start', { spec: guessed }), /one of contrast, .*uniform is needed/);
    const { result: mixer = '' } = await done({ kind: 'mix', experts: owned.id, weighting: 'centroid' });
    const { items } = await call('mixers/list', { experts: owned.id });
    assert.deepEqual([items[0].weighting, items[0].temperature, items[0].smoothing], ['centroid', 0.1, undefined]);
    const { result } = await done({ kind: 'evaluate', experts: owned.id, mixer });
    const { systems } = perplexityTable.parse((await call('evaluations/get', { evaluation: result ?? '' })).result);
    assert.equal(systems.at(-1)?.name, 'Mixture');
    const prompt = 'The captain said that the crew';
    const { tokens } = await call('ask', { model: 'mixture', prompt, maxTokens: 4, temperature: 0 });
    assert.ok(tokens.every(({ weights: [a, b] }) => Math.abs(a + b - 1) < 1e-9 && a !== b));
    await call('experts/remove', { experts: owned.id });
    const space = join(project.folder, 'splits', split);
    assert.deepEqual(await readdir(space), ['space.bundle']);
    await call('splits/remove', { clustering: split });
    await assert.rejects(readdir(space), /ENOENT/);
  });

  it('of another base model do not come in, nor does what is no adapter, and nothing is left behind', async () => {
    const before = await readdir(join(project.folder, 'experts'));
    const other = join(fixtureFolder, 'lora');
    const message = new RegExp(
      `${join(process.cwd(), other)}/adapter_model.safetensors was made for another base model`,
    );
    await refused(message, { kind: 'import-experts', folders: [elsewhere.adapters[0], join(process.cwd(), other)] });
    await refused(/holds no expert/, { kind: 'import-experts', folders: [project.root] });
    await refused(/is no folder/, { kind: 'import-experts', folders: [join(project.root, 'nowhere')] });
    assert.deepEqual(await readdir(join(project.folder, 'experts')), before);
  });

  it('merged into the base they are a model of its own that says the same', async () => {
    const path = join(project.root, 'merged');
    const weights = [{ letter: 'B', weight: 1 }];
    const spec = { kind: 'merge' as const, experts: set.id, weights, path };
    const { result } = await done({ ...spec, dtype: 'float32' });
    assert.equal(result, path);
    const [merged, base] = [await LanguageModel.open(path), await LanguageModel.open(baseModel)];
    const tokens = base.tokenizer.encode('The captain said that the wind had turned, and nobody answered.');
    const [own] = await score(merged, [tokens]);
    const [adapted] = await score(base, [tokens], await loadAdapter(elsewhere.adapters[1], base.config));
    assert.ok(largestDifference(own, adapted) < 1e-4);
    await Promise.all([merged.dispose(), base.dispose()]);

    await assert.rejects(call('runs/start', { spec }), /merged is there already/);
    const stranger = { ...spec, path: join(project.root, 'other'), weights: [{ letter: 'Z', weight: 1 }] };
    await assert.rejects(call('runs/start', { spec: stranger }), /There is no expert Z/);
    const huge = { ...spec, path: join(project.root, 'huge'), weights: [{ letter: 'B', weight: 1e9 }] };
    await refused(/float16 cannot hold/, huge);
    assert.deepEqual((await readdir(project.root)).sort(), ['.polymath', 'corpus.jsonl', 'merged']);
  });

  it('a model with all weights of its own comes in beside an adapter, and they are mixed, asked, merged and taken out', async () => {
    const folders = [join(project.root, 'merged'), elsewhere.adapters[0]];
    const both = await take({ folders, split: clustering });
    assert.deepEqual(
      both.experts.map(({ adapter }) => adapter?.form),
      ['full', 'lora'],
    );
    const { result: mixer = '' } = await done({ kind: 'mix', experts: both.id });
    await done({ kind: 'evaluate', experts: both.id, mixer });
    const asked = { prompt: 'The captain said', maxTokens: 4, temperature: 0 } as const;
    for (const precision of ['full', 'int8'] as const) {
      const { tokens } = await call('ask', { model: 'mixture', ...asked, precision });
      assert.equal(tokens.length, 4);
    }
    const own = join(project.folder, 'experts', both.id, 'A');
    const { config } = await LanguageModel.open(baseModel);
    // A difference that is added again knows no negative zero.
    const added = (stack: ExpertStack): Float32Array => numbersOf(stack, 0).map((value) => value + 0);
    const numbers = added(await loadExpert(own, config));
    assert.deepEqual(added(await loadExpert(join(project.root, 'merged'), config)), numbers);
    const path = join(project.root, 'again');
    const weights = [{ letter: 'A', weight: 1 }];
    await done({ kind: 'merge', experts: both.id, weights, path, dtype: 'float32' });
    assert.deepEqual(added(await loadExpert(path, config)), numbers);
    const factors = {
      ...{ kind: 'merge', experts: both.id, weights, method: 'cat' },
      path: join(project.root, 'none'),
    };
    await assert.rejects(call('runs/start', { spec: factors }), /A has all weights of its own, and no factors/);
    const out = join(project.root, 'out');
    await call('export', { what: 'experts', id: both.id, format: 'peft', path: out });
    assert.deepEqual(added(await loadExpert(join(out, 'A'), config)), numbers);
    await rm(join(own, 'config.json'));
    await assert.rejects(call('runs/start', { spec: { kind: 'mix', experts: both.id } }), /config.json is missing/);
    await call('experts/remove', { experts: both.id });
  });

  it('concatenated they are one adapter that says what their weighted sum says; DARE by one seed is one model', async () => {
    const weights = [
      { letter: 'A', weight: 0.7 },
      { letter: 'B', weight: 0.3 },
    ];
    const merge = async (name: string, more: object): Promise<string> => {
      const path = join(project.root, name);
      await done({ kind: 'merge', experts: set.id, weights, path, dtype: 'float32', ...more });
      return path;
    };
    const base = await LanguageModel.open(baseModel);
    const tokens = base.tokenizer.encode('The captain said that the wind had turned, and nobody answered.');
    const natsOf = async (folder: string): Promise<Float32Array> => {
      const model = await LanguageModel.open(folder);
      const [own] = await score(model, [tokens]);
      await model.dispose();
      return own;
    };
    const together = await loadAdapter(await merge('cat', { method: 'cat', as: 'adapter' }), base.config);
    const ranks = new Set(together.modules.map(({ rank }) => rank));
    assert.deepEqual([...ranks].sort(), [2, 4, 6]);
    const [concatenated] = await score(base, [tokens], together);
    await base.dispose();
    const sum = await natsOf(await merge('sum', {}));
    assert.ok(largestDifference(concatenated, sum) < 1e-4);
    assert.ok(largestDifference(sum, await natsOf(baseModel)) > 1e-3);
    const drawn = [];
    for (const seed of [3, 3, 4]) {
      const path = await merge(`dare-${drawn.length}`, { method: 'dare-linear', density: 0.8, seed });
      drawn.push(await readFile(join(path, 'model.safetensors')));
    }
    assert.ok(drawn[0].equals(drawn[1]) && !drawn[0].equals(drawn[2]));
  });

  it('what a method cannot merge is refused before it begins, with the way out', async () => {
    const weights = ['A', 'B'].map((letter) => ({ letter, weight: 0.5 }));
    const spec = { kind: 'merge' as const, experts: set.id, weights, path: join(project.root, 'never') };
    const refusals: readonly (readonly [object, RegExp])[] = [
      [{ method: 'slerp', weights: weights.slice(0, 1) }, /\{method\} slerp takes 2 experts, and 1 was named \(A\)/],
      [{ method: 'slerp', weights: weights.map((one) => ({ ...one, weight: 0 })) }, /tell no place between two/],
      [{ method: 'ties', density: 0 }, /\{density\}/],
      [{ density: 0.5 }, /\{density\} means nothing to \{method\} linear/],
      [{ method: 'slerp', on: 'factors' }, /slerp works on weights or deltas alone/],
      [{ method: 'ties', as: 'adapter' }, /is no adapter/],
      [{ method: 'ties', on: 'factors' }, /ranks differ in model\.layers\.3\.self_attn\.q_proj \(4, 2\)/],
    ];
    for (const [more, message] of refusals) {
      const started = call('runs/start', { spec: { ...spec, ...more } });
      await assert.rejects(async () => {
        const { failure } = await project.settled((await started).id);
        throw new Error(failure?.message);
      }, message);
    }
    assert.ok(!(await readdir(project.root)).includes('never'));
  });

  it('a merge that is cancelled leaves nothing behind, and ends when it is resumed', async () => {
    const path = join(project.root, 'deep', 'average');
    const weights = ['A', 'B'].map((letter) => ({ letter, weight: 0.5 }));
    const { id } = await call('runs/start', { spec: { kind: 'merge', experts: set.id, weights, path } });
    await call('runs/cancel', { run: id });
    assert.deepEqual(await readdir(join(project.root, 'deep')).catch(() => []), []);
    await call('runs/resume', { run: id });
    assert.equal((await project.settled(id)).state, 'done');
    await (await LanguageModel.open(path)).dispose();
  });

  it('a base model whose files have changed is not merged, nor is anything written on a full disk', async () => {
    const base = join(project.root, 'base');
    await cp(baseModel, base, { recursive: true });
    const { id } = await take({ model: base });
    await appendFile(join(base, 'tokenizer.json'), '\n');
    const weights = [{ letter: 'A', weight: 1 }];
    await refused(/have changed since/, { kind: 'merge', experts: id, weights, path: join(project.root, 'never') });
    await assert.rejects(requireSpaceFor('/', 2 ** 30, Promise.resolve(2 ** 20)), /has 1 MiB left, and 1024 MiB/);
  });

  it('checkpoints of one training are one expert, the newest; what PEFT would not read is kept as it writes it', async () => {
    const training = join(project.root, 'training');
    const [, source] = elsewhere.adapters;
    for (const step of [5, 10, 100]) await cp(source, join(training, `checkpoint-${step}`), { recursive: true });
    const config = join(training, 'checkpoint-100', 'adapter_config.json');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace(/"lora_dropout": [^,]*/, '"lora_dropout": NaN'));
    const run = await done({ kind: 'import-experts', folders: [training] });
    const set = await call('experts/get', { experts: run.result ?? '' });
    const { experts, id } = set;
    assert.deepEqual(
      experts.map(({ name }) => name),
      ['training'],
    );
    assert.match(warningsOf(set).join(), /2 earlier checkpoints .* were left out/);
    const kept = await readFile(join(project.folder, 'experts', id, 'A', 'adapter_config.json'), 'utf8');
    assert.equal((JSON.parse(kept) as { lora_dropout: number }).lora_dropout, 0);
    await done({ kind: 'import-experts', folders: [join(training, 'checkpoint-5'), join(training, 'checkpoint-10')] });
  });
});
