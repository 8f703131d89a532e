import assert from 'node:assert/strict';
import fc from 'fast-check';
import { aggregatePerplexity, averageSeeds, requireTestDocuments } from '../../backend/evaluate/statistics';
import { near, score } from './scores';

describe('aggregatePerplexity', () => {
  const scores = [score('1', 'law', 20, 10), score('2', 'law', 40, 10), score('3', 'code', 4, 4)];

  it('weighs domains the same in macro and tokens the same in micro', () => {
    const figures = aggregatePerplexity(scores);
    near(figures.macroNats, (60 / 20 + 4 / 4) / 2);
    near(figures.macro, Math.exp(2));
    near(figures.micro, Math.exp(64 / 24));
    near(figures.bitsPerByte, 64 / Math.LN2 / 96);
    near(figures.domains.law, Math.exp(3));
    near(figures.domains.code, Math.exp(1));
  });

  it('gives macro = micro where no document has a domain', () => {
    const figures = aggregatePerplexity(scores.map((s) => ({ ...s, domain: undefined })));
    near(figures.macro, figures.micro);
    assert.deepEqual(figures.domains, {});
  });

  it('keeps documents without a domain out of macro, but not out of micro', () => {
    const figures = aggregatePerplexity([...scores, score('4', undefined, 100, 10)]);
    near(figures.macro, Math.exp(2));
    near(figures.micro, Math.exp(164 / 34));
  });

  it('refuses a test set without tokens', () => {
    assert.throws(() => aggregatePerplexity([score('1', 'law', 0, 0)]), /no tokens/);
  });

  it('is the uniform model’s vocabulary size for every mix of documents', () => {
    const document = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 500 }));
    fc.assert(
      fc.property(fc.array(document, { minLength: 1 }), (documents) => {
        const figures = aggregatePerplexity(documents.map(([d, n], i) => score(String(i), d, n * Math.log(1024), n)));
        near(figures.macro, 1024, 1e-6);
        near(figures.micro, 1024, 1e-6);
      }),
    );
  });
});

describe('averageSeeds', () => {
  it('averages the nats of each document', () => {
    const [mean] = averageSeeds([[score('1', 'law', 10, 5)], [score('1', 'law', 20, 5)], [score('1', 'law', 60, 5)]]);
    assert.equal(mean.nll, 30);
    assert.equal(mean.tokens, 5);
  });

  it('refuses seeds that scored different documents', () => {
    assert.throws(() => averageSeeds([[score('1', 'law', 1, 5)], [score('2', 'law', 1, 5)]]), /cannot pair/);
  });
});

describe('requireTestDocuments', () => {
  const texts = (...sizes: readonly number[]) =>
    sizes.map((size, i) => ({ id: String(i), text: '', bytes: 0, tokens: new Int32Array(size) }));

  it('refuses what no interval can be told of, before any work', () => {
    assert.throws(() => requireTestDocuments({ name: 'Letters', test: [] }), /Letters has no test document/);
    assert.throws(() => requireTestDocuments({ name: 'Letters', test: texts(9, 1) }), /one test document/);
    requireTestDocuments({ name: 'Letters', test: texts(9, 2) });
  });
});
