import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Document } from '../../backend/corpus/document';
import { checkLeakage, splitCorpus } from '../../backend/corpus/split';
import { UserError } from '../../backend/protocol/errors';

const documentsOf = (texts: readonly string[]): Document[] => texts.map((text, i) => ({ id: String(i), text }));

describe('split of a corpus', () => {
  it('loses nothing, fills every side, and never parts equal texts', () => {
    const texts = fc
      .array(fc.nat(15), { minLength: 10, maxLength: 60 })
      .filter((numbers) => new Set(numbers).size >= 3)
      .map((numbers) => numbers.map((number, i) => (i % 2 ? `Text  ${number}\n` : `text ${number}`)));
    const fraction = fc.double({ min: 0.01, max: 0.49, noNaN: true });
    fc.assert(
      fc.property(texts, fc.nat(), fraction, fraction, (all, seed, validation, test) => {
        const corpus = splitCorpus('c', documentsOf(all), { seed, validation, test });
        const ids = [...corpus.train, ...corpus.validation, ...corpus.test].map(({ id }) => Number(id));
        assert.deepEqual(
          ids.sort((a, b) => a - b),
          Array.from(all.keys()),
        );
        assert(corpus.train.length > 0 && corpus.validation.length > 0 && corpus.test.length > 0);
        assert.deepEqual(checkLeakage(corpus), []);
      }),
    );
  });

  it('keeps to the fractions, and to the seed', () => {
    const documents = documentsOf(Array.from({ length: 1000 }, (_, i) => `text ${i}`));
    const corpus = splitCorpus('c', documents, { seed: 3, validation: 0.05, test: 0.2 });
    assert.deepEqual([corpus.train.length, corpus.validation.length, corpus.test.length], [750, 50, 200]);
    assert.deepEqual(corpus, splitCorpus('c', documents, { seed: 3, validation: 0.05, test: 0.2 }));
    assert.notDeepEqual(corpus, splitCorpus('c', documents, { seed: 4, validation: 0.05, test: 0.2 }));
  });

  it('refuses a corpus with too few different texts', () => {
    assert.throws(() => splitCorpus('c', documentsOf(Array<string>(20).fill('same'))), UserError);
  });

  it('shows a text that stands on two sides', () => {
    const corpus = {
      name: 'c',
      train: [{ id: 'a', text: 'One  text' }],
      validation: [{ id: 'b', text: 'another' }],
      test: [{ id: 'c', text: 'one text ' }],
    };
    assert.deepEqual(checkLeakage(corpus), [
      {
        documents: [
          { side: 'train', id: 'a' },
          { side: 'test', id: 'c' },
        ],
      },
    ]);
  });
});
