import assert from 'node:assert/strict';
import { whole } from '../../backend/base/settings';
import { type TokenizedCorpus, tokenizeCorpus } from '../../backend/corpus/tokenized';
import { defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { keepingTo } from '../../backend/split/constraints/balance';
import { type Constraints, groupsOf } from '../../backend/split/constraints/constraints';
import { dividePile } from '../../backend/split/divide';
import { AnswerBook, Budget } from '../../backend/split/methods/guided/answer-book';
import { LikelihoodGuide } from '../../backend/split/methods/guided/likelihood-guide';
import { methodLabel, splitMethods } from '../../backend/split/methods/settings';
import { checked, type Openers, type SplitMethod } from '../../backend/split/methods/split-method';
import { methodTable } from '../../backend/split/methods/table';
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
  estimate: ({ work, documents }, { step }) => work.score(documents.train * step, 0, { lora: defaultLora }, step),
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
      const { assignments, piles, method: used, settings } = await splitBy(methodTable, name, task(), few);
      assert.equal(assignments.length, corpus.train.length);
      assert.deepEqual([piles.length, used], [k, name]);
      assert.ok(assignments.every((pile) => pile >= 0 && pile < k));
      assert.notEqual(assignments[0], assignments[3]);
      assert.equal(assignments[1], assignments[5]);
      assert.equal(assignments[7], 2);
      assert.equal(methodLabel(splitMethods, name, settings).split(',')[0], method.label);
    });
  }

  it('another one is an entry of the registry: its own settings are checked, all else goes by it', async () => {
    const methods = { ...methodTable, length: checked(byLength) };
    const found = await splitBy(methods, 'length', task(), { step: 7, dataset: 'data-1' });
    assert.deepEqual([found.method, found.settings, found.piles[0].name], ['length', { step: 7 }, 'short']);
    assert.equal(found.assignments[7], 2);
    const usual = await splitBy(methods, 'length', task());
    assert.deepEqual(usual.settings, { step: 10 });
    assert.equal(methodLabel(methods, 'length'), 'By length');
    await assert.rejects(splitBy(methods, 'length', task(), { step: 0 }), /\{step\} cannot be so/);
    await assert.rejects(splitBy(methodTable, 'length', task()), /There is no splitting method length/);
    const from = { assignments: found.assignments, names: ['a', 'b', 'c'] };
    const parted = await dividePile(methods, 'length', { ...task(), k: 2 }, { from, pile: 1, links: [] }, { step: 3 });
    assert.deepEqual([parted.k, parted.method], [4, 'length']);
    let scored = 0;
    const work = {
      train: () => Promise.resolve(),
      score: (tokens: number) => Promise.resolve(void (scored += tokens)),
    };
    const documents = { train: 100, validation: 0 };
    await methods.length.estimate?.({ k, documents, meanLength: () => 30, work }, { step: 4 });
    assert.equal(scored, 400);
  });
});
