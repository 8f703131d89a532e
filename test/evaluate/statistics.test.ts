import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type DocumentScore,
  aggregatePerplexity,
  averageSeeds,
  macroInterval,
  pairedBootstrap,
} from '../../backend/evaluate/statistics';
import { createRandom } from '../../backend/base/random';

const score = (
  id: string,
  domain: string | undefined,
  nll: number,
  tokens: number,
  bytes = 4 * tokens,
): DocumentScore => ({
  id,
  domain,
  nll,
  tokens,
  bytes,
});

const near = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

/** Documents with normal differences between two systems, `count` per domain. */
function simulate(seed: number, count: number, delta: number): [DocumentScore[], DocumentScore[]] {
  const random = createRandom(seed);
  const b = Array.from({ length: 2 * count }, (_, i) => {
    const tokens = 50 + random.below(150);
    return score(String(i), i % 2 ? 'law' : 'code', tokens * (3.5 + 0.3 * random.normal()), tokens);
  });
  const a = b.map((s) => ({ ...s, nll: s.nll + s.tokens * (delta + 0.2 * random.normal()) }));
  return [a, b];
}

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

describe('pairedBootstrap', () => {
  it('knows a constant difference exactly', () => {
    const [, b] = simulate(1, 20, 0);
    const a = b.map((s) => ({ ...s, nll: s.nll - 0.25 * s.tokens }));
    const { deltaNats, lo, hi, p } = pairedBootstrap(a, b);
    for (const value of [deltaNats, lo, hi]) near(value, -0.25);
    near(p, 2 / 2001);
  });

  it('finds no difference between a system and itself', () => {
    const [a] = simulate(2, 20, 0);
    assert.deepEqual(pairedBootstrap(a, a), { deltaNats: 0, lo: 0, hi: 0, p: 1 });
  });

  it('repeats with its seed, and mirrors when the systems change places', () => {
    const [a, b] = simulate(3, 30, 0.05);
    const there = pairedBootstrap(a, b, { seed: 5 });
    const back = pairedBootstrap(b, a, { seed: 5 });
    assert.deepEqual(there, pairedBootstrap(a, b, { seed: 5 }));
    assert.notDeepEqual(there, pairedBootstrap(a, b, { seed: 6 }));
    near(there.deltaNats, -back.deltaNats);
    near(there.lo, -back.hi);
    near(there.hi, -back.lo);
  });

  it('is as wide as the normal theory of a balanced design says', () => {
    const random = createRandom(4);
    const b = Array.from({ length: 400 }, (_, i) => score(String(i), i % 2 ? 'law' : 'code', 300, 100));
    const noise = b.map(() => random.normal());
    const a = b.map((s, i) => ({ ...s, nll: s.nll + 100 * noise[i] }));
    const { lo, hi } = pairedBootstrap(a, b);
    // Two means of 200 standard normals, averaged: standard error 1/20.
    near(hi - lo, 2 * 1.96 * 0.05, 0.02);
  });

  it('covers the truth about as often as it says', () => {
    const trials = 200;
    let covered = 0;
    for (let seed = 0; seed < trials; seed++) {
      const [a, b] = simulate(100 + seed, 40, 0.03);
      const { lo, hi } = pairedBootstrap(a, b, { seed, resamples: 400 });
      if (lo <= 0.03 && 0.03 <= hi) covered++;
    }
    // Binomial(200, 0.95) with room for the percentile interval's slight optimism.
    assert.ok(covered >= 178 && covered <= 199, `${covered} of ${trials}`);
  });

  it('refuses systems that scored different tokens', () => {
    assert.throws(() => pairedBootstrap([score('1', 'law', 1, 5)], [score('1', 'law', 1, 6)]), /5 tokens.*6 tokens/);
  });
});

describe('macroInterval', () => {
  it('holds the macro perplexity', () => {
    const [a] = simulate(6, 50, 0);
    const [lo, hi] = macroInterval(a);
    const { macro } = aggregatePerplexity(a);
    assert.ok(lo < macro && macro < hi && hi / lo < 1.2);
  });
});
