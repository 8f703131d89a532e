import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { numbersOf } from '../../backend/model/experts/stack';
import { LanguageModel } from '../../backend/model/language-model';
import { convertGguf } from '../../backend/model-files/gguf/convert';
import { score } from '../../backend/model/score';
import { TrainStep } from '../../backend/model/training/train-step';
import type { Progress } from '../../backend/base/progress';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import type { TrainingText } from '../../backend/train/batches';
import { scheduledRate, scheduleNames } from '../../backend/train/schedules';
import { UserError } from '../../backend/base/errors';
import { fullTrainingBytes, requireMemory } from '../../backend/train/memory';
import { searchLearningRate, type TriedRate } from '../../backend/train/rate-finder';
import { defaultTraining } from '../../backend/train/settings';
import { usualLearningRate } from '../../backend/train/usual-rate';
import { generatedCorpus } from '../support/corpus';
import { trainExperts } from '../../backend/train/trainer';

const lora = { ...defaultLora, rank: 4, layers: 2 };
const settings = { ...defaultTraining, expert: lora, context: 16 };

describe('training of experts', () => {
  let model: LanguageModel;
  let texts: TrainingText[];

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    texts = [
      'The ship left the harbour at dawn, and no one waved.',
      'To mend a wall, take lime, sand and water, and mix.',
    ].map((text) => ({ tokens: model.tokenizer.encode(text.repeat(3)) }));
  });

  after(() => model.dispose());

  it('has a usual rate at which the bundled model learns about as well as at a fourth or four times of it, or better', async () => {
    const lines = generatedCorpus(160).trim().split('\n');
    const documents = lines.map((line) => model.tokenizer.encode((JSON.parse(line) as { text: string }).text));
    const [learned, unseen] = [documents.slice(40), documents.slice(0, 40)];
    const rate = usualLearningRate(model.config, defaultLora);
    const losses: number[] = [];
    for (const factor of [0.25, 1, 4]) {
      const asked = { ...defaultTraining, learningRate: factor * rate };
      const piles = [learned.map((tokens) => ({ tokens }))];
      const { stack } = await trainExperts(model, piles, 8_000, asked, silent);
      const nats = (await score(model, unseen, stack)).flatMap((one) => [...one]);
      losses.push(nats.reduce((sum, value) => sum + value, 0) / nats.length);
    }
    assert.ok(losses[1] < Math.min(losses[0], losses[2]) + 0.15, losses.join());
  });

  const silent = { report: (): void => undefined, signal: new AbortController().signal };
  const reporting = (reports: Progress[]): typeof silent => ({
    ...silent,
    report: (progress?: Progress) => progress && reports.push(progress),
  });

  it('makes of accumulated parts the update that the whole batch makes', async () => {
    const tokens = Int32Array.from({ length: 2 * 4 * 17 }, (_, i) => (i * 37) % 900);
    const weights = Float32Array.from({ length: 2 * 4 * 16 }, (_, i) => (i % 3 === 0 ? 0 : 1));
    const learn = async (accumulation: number): Promise<{ losses: Float64Array; parameters: Float32Array }> => {
      const stack = createAdapters(model.config, lora, { count: 2, seed: 1 });
      const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, accumulation });
      for (let i = 0; i < 2; i++) await step.run({ tokens, weights, k: 2, B: 4, T: 16 }, 1e-2);
      const { losses } = await step.run({ tokens, weights, k: 2, B: 4, T: 16 }, 1e-2);
      await step.dispose();
      return { losses, parameters: stack.parameters.data };
    };
    const [whole, parted] = [await learn(1), await learn(4)];
    whole.losses.forEach((loss, e) =>
      assert.ok(Math.abs(loss - parted.losses[e]) < 1e-4, `${loss} ${parted.losses[e]}`),
    );
    const apart = Math.max(...whole.parameters.map((value, i) => Math.abs(value - parted.parameters[i])));
    assert.ok(apart < 1e-3, `${apart}`);
  });

  it('drops other features at each step, the same ones for the same seed', async () => {
    const losses = async (dropout: number): Promise<string> => {
      const reports: Progress[] = [];
      await trainExperts(model, [texts], 16 * 6, { ...settings, dropout }, reporting(reports));
      return reports.map(({ values }) => values?.loss).join();
    };
    const half = await losses(0.5);
    assert.equal(half, await losses(0.5));
    assert.notEqual(half, await losses(0));
  });

  it('measures experts on texts held out, stops those that improve no more and keeps the best', async () => {
    const reports: Progress[] = [];
    const [heldOut] = [
      [model.tokenizer.encode('A wholly different matter: taxes, tariffs and the price of copper in spring.')],
    ];
    const validation = { piles: [heldOut, []], every: 2, patience: 2 };
    const wild = { ...settings, learningRate: 2e-2, schedule: 'constant', warmup: 0 } as const;
    const trained = await trainExperts(model, [[texts[0]], [texts[1]]], 16 * 40, wild, reporting(reports), {
      validation,
    });
    const measured = reports.flatMap(({ values }) => values?.['validation loss'] ?? []);
    assert.ok(trained.validation !== undefined);
    assert.equal(trained.validation.experts[0], Math.min(...measured));
    assert.ok(Number.isNaN(trained.validation.experts[1]));
    assert.ok(trained.tokens < 2 * 16 * 40, 'the expert that got worse learned on');
    assert.ok(reports.every(({ values }) => typeof values?.['learning rate'] === 'number'));
  });

  it('begins again at half of a learning rate with which the loss explodes, and says so', async () => {
    const reports: Progress[] = [];
    const wild = { ...settings, learningRate: 50, warmup: 0, schedule: 'constant' } as const;
    const run = trainExperts(model, [texts], 16 * 30, wild, reporting(reports));
    await assert.rejects(run, { name: 'DivergedError' });
    assert.ok(reports.some(({ stage }) => stage === 'Beginning again with a learning rate of 25'));
  });

  it('begins again, too, where experts went dead and give every token the same probability', async () => {
    const reports: Progress[] = [];
    const expert = { ...defaultLora, rank: 4 };
    const dead = { ...settings, expert, warmup: 0, schedule: 'constant' } as const;
    const run = trainExperts(model, [texts], 16 * 8, { ...dead, learningRate: 800 }, reporting(reports));
    await assert.rejects(run, { name: 'DivergedError', message: /every token alike/ });
    assert.ok(reports.some(({ stage }) => stage === 'Beginning again with a learning rate of 400'));
  });

  it('finds a learning rate by short trainings, far from one that makes all worse too', async () => {
    const heldOut = [model.tokenizer.encode('To paint a ship, take lime, sand and oil, and no one waved.')];
    const rates = async (learningRate: number): Promise<readonly TriedRate[]> =>
      searchLearningRate(model, texts, 16 * 24, { ...settings, learningRate }, heldOut, silent);
    const tried = await rates(5e-3);
    assert.equal(tried.length, 5);
    assert.deepEqual(
      tried,
      [...tried].sort((a, b) => a.loss - b.loss),
    );
    const far = await rates(4);
    assert.equal(far[0].rate, Math.min(...far.map(({ rate }) => rate)));
  });

  it('teaches where texts end, by the end that the model has for them', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'polymath-'));
    const folder = await convertGguf('test/fixtures/gguf/tiny-llama.gguf', cache, silent);
    const base = await LanguageModel.open(folder, { threads: 1 });
    const documents = ['the cat sat.', 'the cat ran.', 'the cat spoke.', 'the cat left.'];
    const pile = documents.map((text) => ({ tokens: base.tokenizer.encode(text) }));
    const { endToken, beginToken } = base.tokenizer;
    assert.notEqual(endToken, beginToken);
    const many = { ...settings, learningRate: 0.02, expert: { ...lora, rank: 8 } };
    const { stack } = await trainExperts(base, [pile], 16 * 8 * 80, many, silent);
    const ended = pile.map(({ tokens }) => Int32Array.from([...tokens, endToken]));
    const last = (losses: readonly Float32Array[]): number[] => losses.map((nats) => nats[nats.length - 1]);
    const [before, after] = [last(await score(base, ended)), last(await score(base, ended, stack))];
    after.forEach((nats, i) => assert.ok(nats < before[i] - 2, `${nats} ${before[i]}`));
    await base.dispose();
    await rm(cache, { recursive: true });
  });

  it('caps what is learned of one text', async () => {
    const long = { tokens: Int32Array.from({ length: 4000 }, (_, i) => (i * 13) % 900) };
    const capped = { ...settings, documentTokens: 32 };
    const short = { tokens: long.tokens.slice(0, 33) };
    const learn = async (text: TrainingText): Promise<Float32Array> =>
      numbersOf((await trainExperts(model, [[text]], 16 * 4, capped, silent)).stack, 0);
    assert.deepEqual(await learn(long), await learn(short));
  });
});

describe('memory of experts with all weights of their own', () => {
  it('is refused where it is more than what is at hand, with the ways out, and never for adapters', async () => {
    const { config } = await LanguageModel.open('models/polymath-base');
    const needed = fullTrainingBytes(config, { k: 6 });
    const message = /^Training 6 experts with all weights of their own takes about .* of memory .* are at hand\.$/;
    const refused = (more: object): void =>
      assert.throws(
        () => requireMemory(config, 'full', { k: 6, ...more }, needed),
        (error) => error instanceof UserError && message.test(error.message) && /\{adapter\} lora/.test(error.next),
      );
    requireMemory(config, 'full', { k: 6 }, needed);
    refused({ keepsBest: true });
    refused({ accumulates: true });
    requireMemory(config, lora, { k: 6 }, 0);
  });
});

describe('schedules of the learning rate', () => {
  it('rise to the peak and fall as they are named', () => {
    const steps = { peak: 2, warmup: 4, total: 104 };
    const at = (name: (typeof scheduleNames)[number], step: number): number => scheduledRate(name, step, steps);
    for (const name of scheduleNames) {
      assert.deepEqual(
        [0, 1, 3, 4].map((step) => at(name, step)),
        [0.5, 1, 2, 2],
      );
    }
    assert.ok(Math.abs(at('cosine', 104) - 0.2) < 1e-12);
    assert.equal(at('linear', 54), 1);
    assert.equal(at('constant', 103), 2);
    assert.deepEqual(
      [at('wsd', 84), at('wsd', 94)].map((rate) => Math.round(rate * 1e9) / 1e9),
      [2, 1],
    );
  });
});
