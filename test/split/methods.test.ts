import assert from 'node:assert/strict';
import { type Raw, whole } from '../../backend/base/settings';
import { type TokenizedCorpus, tokenizeCorpus } from '../../backend/corpus/tokenized';
import { defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { keepingTo } from '../../backend/split/constraints/balance';
import { type Constraints, groupsOf } from '../../backend/split/constraints/constraints';
import { dividePile } from '../../backend/split/divide';
import { AnswerBook } from '../../backend/chat/answer-book';
import { Budget } from '../../backend/split/methods/guided/guide-budget';
import { LikelihoodGuide } from '../../backend/split/methods/guided/likelihood-guide';
import { bestPiles } from '../../backend/split/methods/kmeans/lloyd';
import { responsibilities } from '../../backend/split/methods/kmeans/responsibilities';
import type { MethodData } from '../../backend/split/methods/method';
import { methodLabel, splitMethods } from '../../backend/split/methods/settings';
import { type SplitComputing, splitHere } from '../../backend/split/computing';
import { emSettingsSchema } from '../../backend/split/methods/em/em-state';
import { emSettings } from '../../backend/split/methods/em/settings';
import { checked, type Openers, type SplitMethod } from '../../backend/split/methods/split-method';
import { methodTable } from '../../backend/split/methods/table';
import type { SplitResult } from '../../backend/split/result';
import { type AskedSplit, splitBy } from '../../backend/split/split-by';
import { generatedCorpus } from '../support/corpus';

const watch = { report: (): void => undefined, signal: new AbortController().signal };
const k = 3;

/** Splits by the length of texts, in steps of so many characters. */
const lengthSettings = {
  step: { form: whole(), label: 'Step', help: 'characters of a step', default: 10 },
} as const;
const byLength: SplitMethod<typeof lengthSettings> = {
  label: 'By length',
  detail: 'By the length of the texts.',
  pace: 'seconds',
  settings: lengthSettings,
  run: ({ corpus, k: piles, groups }, { step }) => {
    const drawn = Int32Array.from(corpus.train, ({ text }) => Math.floor(text.length / step) % piles);
    return Promise.resolve({ assignments: keepingTo(groups, drawn, piles), settings: { step }, titles: ['short'] });
  },
  estimate: ({ work, documents }, { step }) => work.score(documents.train * step, 0, { expert: defaultLora }, step),
};

describe('splitting methods', () => {
  let model: LanguageModel;
  let corpus: TokenizedCorpus;
  let said: Constraints;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
    const documents = generatedCorpus(60)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; text: string; domain: string });
    const sides = { train: documents.slice(6), validation: documents.slice(0, 6), test: [] };
    corpus = await tokenizeCorpus({ name: 'generated', ...sides }, model.tokenizer, watch);
    // Documents 0 and 3 are of one domain, 0 and 1 of two.
    const links = [
      { kind: 'cannot' as const, a: 0, b: 3 },
      { kind: 'must' as const, a: 1, b: 5 },
    ];
    said = { links, pins: new Map([[7, 2]]) };
  });

  after(() => model.dispose());

  function task(): AskedSplit {
    const groups = groupsOf(said, (row) => corpus.train[row].id);
    return { model, corpus, k, seed: 1, groups, open, watch };
  }

  const open: Openers = {
    encoder: () => Promise.reject(new Error('no method opens an encoder of itself')),
    experts: () => Promise.reject(new Error('no method opens experts of itself')),
    guide: async (_, limits, texts) =>
      new LikelihoodGuide(model, await AnswerBook.open(), new Budget(limits), watch.signal, texts.slice(0, 4)),
  };

  for (const [name, method] of Object.entries(methodTable)) {
    it(`${name}: makes the piles that are asked for, keeps to links and pins, and says what it is called`, async () => {
      // As few tokens and questions as there can be.
      const few = { prefix: 16, commonTokens: 200, tokensPerRound: 200, queries: 3, microClusters: 6 };
      const found = await splitBy(methodTable, name, task(), few);
      const { assignments, piles, method: used, settings } = found;
      assert.equal(assignments.length, corpus.train.length);
      assert.deepEqual([piles.length, used], [k, name]);
      assert.ok(assignments.every((pile) => pile >= 0 && pile < k));
      assert.notEqual(assignments[0], assignments[3]);
      assert.equal(assignments[1], assignments[5]);
      assert.equal(assignments[7], 2);
      assert.equal(methodLabel(splitMethods, name, settings).split(',')[0], method.label);
      checkPosteriors(found, method);
    });
  }

  it('perplexity EM gives its rounds nothing but what another process takes, whatever they begin with', async () => {
    const here = splitHere(model);
    const began: unknown[] = [];
    const computing: SplitComputing = {
      ...here,
      // Of starts that are compared, the last one, log-bias experts, is the best.
      comparePiles: ({ validation, settings: { piles } }) =>
        Promise.resolve({ gains: piles.map((_, i) => Float64Array.from(validation, () => i)), tokens: 1 }),
      perplexityEm: (given, part) =>
        here.perplexityEm({ ...given, settings: emSettingsSchema.parse(given.settings) }, part),
    };
    const { form } = emSettings.start;
    assert.ok(form.type === 'choice');
    for (const start of Object.keys(form.choices)) {
      const few = { start, prefix: 16, rounds: 1, commonTokens: 200, tokensPerRound: 200 };
      const { settings } = await splitBy(methodTable, 'em', { ...task(), computing }, few);
      began.push(settings.start);
    }
    assert.deepEqual(began.toSorted(), ['bias', 'bias', 'gradients', 'kmeans', 'random', 'unigram']);
  });

  /** There where the method says by what they go, and only there; the pile is the most probable one but of documents that people spoke of. */
  function checkPosteriors({ posteriors, assignments }: SplitResult, method: MethodData): void {
    assert.equal(posteriors !== undefined, method.posterior !== undefined);
    const spokenOf = new Set(task().groups?.flatMap(({ rows }) => rows));
    assignments.forEach((pile, row) => {
      const own = [...(posteriors?.subarray(row * k, (row + 1) * k) ?? [])];
      if (own.length === 0) return;
      assert.ok(Math.abs(own.reduce((sum, p) => sum + p, 0) - 1) < 1e-5, `document ${row}: ${own.join(', ')}`);
      if (!spokenOf.has(row))
        assert.ok(own[pile] >= Math.max(...own) - 1e-6, `document ${row} in ${pile}: ${own.join(', ')}`);
    });
  }

  const variants: Readonly<Record<string, readonly [method: keyof typeof methodTable, values: Raw]>> = {
    'k-means by hidden states': ['kmeans', { embedding: 'hidden' }],
    'k-means of piles of one size': ['kmeans', { balanced: true }],
    'a guide that sees single documents': ['llm', { microClusters: 0, queries: 3 }],
  };
  for (const [what, [name, values]] of Object.entries(variants)) {
    it(`${what}: there are posteriors, which mostly agree with the piles`, async () => {
      const { posteriors, assignments } = await splitBy(methodTable, name, task(), values);
      assert.ok(posteriors);
      const agreed = bestPiles(posteriors, k).filter((pile, row) => pile === assignments[row]).length;
      assert.ok(agreed > 0.7 * assignments.length, `${agreed} of ${assignments.length}`);
    });
  }

  it('a document between two piles of k-means is of both, one in the middle of a pile is of that', () => {
    const values = Float64Array.of(0, 0, 0.2, 0, -0.2, 0, 2, 0, 2.2, 0, 1.8, 0, 1.01, 0);
    const rows = { count: 7, width: 2, values };
    const centroids = { count: 2, width: 2, values: Float64Array.of(0, 0, 2, 0) };
    const p = responsibilities(rows, { assignments: Int32Array.of(0, 0, 0, 1, 1, 1, 1), centroids });
    assert.ok(p[0] > 0.99 && p[7] > 0.99);
    assert.ok(p[12] > 0.4 && p[12] < 0.5, `${p[12]}`);
  });

  it('parts of a pile share its posterior, and other piles keep theirs', async () => {
    const whole = await splitBy(methodTable, 'kmeans', task());
    const from = { ...whole, names: ['a', 'b', 'c'] };
    const asked = { ...task(), k: 2, groups: [] };
    const parted = await dividePile(methodTable, 'kmeans', asked, { from, pile: 1, links: [] });
    const { posteriors: before = new Float32Array() } = whole;
    const { posteriors: after = new Float32Array() } = parted;
    for (let row = 0; row < whole.assignments.length; row++) {
      const [old, own] = [before.subarray(row * 3, row * 3 + 3), after.subarray(row * 4, row * 4 + 4)];
      assert.deepEqual([own[0], own[2]], [old[0], old[2]]);
      assert.ok(Math.abs(own[1] + own[3] - old[1]) < 1e-6);
    }
    const { posteriors: none } = await dividePile(methodTable, 'random', asked, { from, pile: 1, links: [] });
    assert.equal(none, undefined, 'chance has none to combine');
  });

  it('another one is an entry of the registry: its own settings are checked, all else goes by it', async () => {
    const methods = { ...methodTable, length: checked(byLength) };
    const found = await splitBy(methods, 'length', task(), { step: 7, dataset: 'data-1' });
    assert.deepEqual([found.method, found.settings, found.piles[0].name], ['length', { step: 7 }, 'short']);
    assert.equal(found.assignments[7], 2);
    const usual = await splitBy(methods, 'length', task());
    assert.deepEqual(usual.settings, { step: 10 });
    assert.equal(methodLabel(methods, 'length'), 'By length');
    await assert.rejects(splitBy(methods, 'length', task(), { step: 0 }), /\{step\} has a value that cannot be used/);
    await assert.rejects(splitBy(methodTable, 'length', task()), /There is no splitting method length/);
    const from = { assignments: found.assignments, names: ['a', 'b', 'c'] };
    const parted = await dividePile(methods, 'length', { ...task(), k: 2 }, { from, pile: 1, links: [] }, { step: 3 });
    assert.deepEqual([parted.k, parted.method], [4, 'length']);
    let scored = 0;
    const work = {
      train: () => Promise.resolve(),
      score: (tokens: number) => Promise.resolve(void (scored += tokens)),
      read: () => Promise.resolve(),
      onTexts: () => Promise.resolve(),
      hold: () => undefined,
      mayEndEarlier: () => undefined,
    };
    const documents = { train: 100, validation: 0 };
    await methods.length.estimate?.({ k, documents, meanLength: () => 30, config: model.config, work }, { step: 4 });
    assert.equal(scored, 400);
  });
});
