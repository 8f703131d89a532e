import assert from 'node:assert/strict';
import { UserError } from '../../backend/base/errors';
import { type TokenizedCorpus, tokenizeCorpus } from '../../backend/corpus/tokenized';
import { LanguageModel } from '../../backend/model/language-model';
import { livingPiles } from '../../backend/split/living-piles';
import { toldOfEmptyPiles } from '../../backend/split/methods/method';
import { AnswerBook } from '../../backend/chat/answer-book';
import { Budget } from '../../backend/split/methods/guided/guide-budget';
import type { GuideLimits } from '../../backend/split/methods/guided/guide';
import { LikelihoodGuide } from '../../backend/split/methods/guided/likelihood-guide';
import { usualMethod } from '../../backend/split/methods/settings';
import { methodTable } from '../../backend/split/methods/table';
import { splitBy } from '../../backend/split/split-by';

const watch = { report: (): void => undefined, signal: new AbortController().signal };

const same = 'The same letter is sent to everybody.';
const corpora: Readonly<Record<string, readonly string[]>> = {
  'two documents': ['The sea was calm and the wind was low.', 'The oven was hot and the bread was good.'],
  'two documents that share no word': ['Calm sea tonight', 'bread rises slowly'],
  'documents that are all alike': new Array<string>(6).fill(same),
  'empty documents': ['', '', '', ''],
  'documents of one token': ['a', 'b', 'a', 'b', 'c'],
  'an empty document among others': [same, '', 'Another letter is sent to nobody.', 'The letter is late.'],
};

describe('splits of next to nothing', () => {
  let model: LanguageModel;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
  });

  after(() => model.dispose());

  const read = (texts: readonly string[]): Promise<TokenizedCorpus> => {
    const validation = [{ id: 'held out', text: 'A letter of the sea.' }];
    const train = texts.map((text, i) => ({ id: `d${i}`, text }));
    return tokenizeCorpus({ name: 'tiny', train, validation, test: [] }, model.tokenizer, watch);
  };
  const open = {
    encoder: () => Promise.reject(new Error('no encoder here')),
    experts: () => Promise.reject(new Error('no experts here')),
    guide: async (_: string, limits: GuideLimits, texts: readonly string[]) =>
      new LikelihoodGuide(model, await AnswerBook.open(), new Budget(limits), watch.signal, texts.slice(0, 4)),
  };

  for (const [name, texts] of Object.entries(corpora)) {
    for (const method of ['em', 'unigram', 'kmeans', 'llm', 'random'] as const) {
      it(`${method}: ${name} are split, or refused with the cause`, async () => {
        const corpus = await read(texts);
        const found = await splitBy(methodTable, method, { model, corpus, k: 2, seed: 1, open, watch }).catch(
          (error: unknown) => error,
        );
        if (found instanceof Error) {
          assert.ok(found instanceof UserError, found.stack);
          return;
        }
        const {
          assignments,
          posteriors = [],
          rounds = [],
          piles,
          outliers = [],
        } = found as Awaited<ReturnType<typeof splitBy>>;
        assert.ok(assignments.every((pile) => pile === 0 || pile === 1));
        assert.ok([...posteriors].every(Number.isFinite), 'posteriors');
        assert.ok(outliers.every((row) => row < texts.length));
        for (const { churn, entropy = 0, trainLoss = 0, logLikelihood = 0 } of rounds) {
          assert.ok([churn, entropy, trainLoss, logLikelihood].every(Number.isFinite), JSON.stringify(rounds));
        }
        assert.equal(
          piles.reduce((sum, { size }) => sum + size, 0),
          texts.length,
        );
      });
    }
  }
});

describe('the method where none is named', () => {
  it('goes by the number of documents and their length, and says so', () => {
    assert.equal(usualMethod({ documents: 5000, textBytes: 4e6 }).method, 'em');
    const few = usualMethod({ documents: 90, textBytes: 4e6 });
    assert.deepEqual([few.method, /100 training documents/.test(few.why)], ['unigram', true]);
    const short = usualMethod({ documents: 500, textBytes: 1e4 });
    assert.deepEqual([short.method, /bytes of text/.test(short.why)], ['unigram', true]);
  });
});

describe('piles that experts can learn from', () => {
  const [none, some] = [Int32Array.of(0), Int32Array.of(0, 7)];

  it('have a document with a token', () => {
    const found = livingPiles(Int32Array.of(3, 1, 1, 0), 5, [some, some, none, none]);
    assert.deepEqual(
      [found.piles, [...found.experts]],
      [
        [1, 3],
        [1, 0, 0, -1],
      ],
    );
  });

  it('are told apart from the empty ones, with the way out', () => {
    const piles = [4, 0, 2, 0].map((size, pile) => ({ pile, size, terms: size > 0 ? ['word'] : [] }));
    assert.match(toldOfEmptyPiles(piles) ?? '', /^Piles B and D are empty.* Ask for 2 piles/);
    const merged = piles.with(2, { pile: 2, size: 0, terms: ['word'] });
    assert.match(
      toldOfEmptyPiles(merged) ?? '',
      /Ask for 2 piles.* Pile C was emptied by hand.*leaves out what is empty/,
    );
    assert.doesNotMatch(toldOfEmptyPiles(merged.slice(2, 3)) ?? '', /Ask for/);
    assert.equal(toldOfEmptyPiles(piles.slice(0, 1)), undefined);
  });
});
