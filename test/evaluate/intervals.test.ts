import assert from 'node:assert/strict';
import { macroInterval, pairedBootstrap, type SeedScores, toldOfIntervals } from '../../backend/evaluate/intervals';
import { aggregatePerplexity, type DocumentScore } from '../../backend/evaluate/statistics';
import { createRandom, type Random } from '../../backend/base/random';
import { near, score } from './scores';

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

describe('pairedBootstrap', () => {
  it('knows a constant difference exactly', () => {
    const [, b] = simulate(1, 20, 0);
    const a = b.map((s) => ({ ...s, nll: s.nll - 0.25 * s.tokens }));
    const { deltaNats, lo, hi, p } = pairedBootstrap([a], [b]);
    for (const value of [deltaNats, lo, hi]) near(value, -0.25);
    near(p, 1 / 2001);
  });

  it('finds no difference between a system and itself', () => {
    const [a] = simulate(2, 20, 0);
    assert.deepEqual(pairedBootstrap([a], [a]), { deltaNats: 0, lo: 0, hi: 0, p: 1 });
  });

  it('repeats with its seed, and mirrors when the systems change places', () => {
    const [a, b] = simulate(3, 30, 0.05);
    const there = pairedBootstrap([a], [b], { seed: 5 });
    const back = pairedBootstrap([b], [a], { seed: 5 });
    assert.deepEqual(there, pairedBootstrap([a], [b], { seed: 5 }));
    assert.notDeepEqual(there, pairedBootstrap([a], [b], { seed: 6 }));
    near(there.deltaNats, -back.deltaNats);
    near(there.lo, -back.hi);
    near(there.hi, -back.lo);
  });

  it('is as wide as the normal theory of a balanced design says', () => {
    const random = createRandom(4);
    const b = Array.from({ length: 400 }, (_, i) => score(String(i), i % 2 ? 'law' : 'code', 300, 100));
    const noise = b.map(() => random.normal());
    const a = b.map((s, i) => ({ ...s, nll: s.nll + 100 * noise[i] }));
    const { lo, hi } = pairedBootstrap([a], [b]);
    // Two means of 200 standard normals, averaged: standard error 1/20.
    near(hi - lo, 2 * 1.96 * 0.05, 0.02);
  });

  it('refuses systems that scored different tokens', () => {
    assert.throws(
      () => pairedBootstrap([[score('1', 'law', 1, 5)]], [[score('1', 'law', 1, 6)]]),
      /5 tokens.*6 tokens/,
    );
  });
});

describe('macroInterval', () => {
  it('holds the macro perplexity', () => {
    const [a] = simulate(6, 50, 0);
    const [lo, hi] = macroInterval([a]);
    const { macro } = aggregatePerplexity(a);
    assert.ok(lo < macro && macro < hi && hi / lo < 1.2);
  });
});

/** What a document of mean 0 deviates by, nats per token. */
const deviations: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => random.normal(),
  exponential: (random) => -Math.log(1 - random.uniform()) - 1,
  'log-normal': (random) => Math.exp(0.5 * random.normal()) - Math.exp(0.125),
  'log-normal to the left': (random) => Math.exp(0.245) - Math.exp(0.7 * random.normal()),
};

/** Scores whose true macro rate is 3 nats per token: sizes are of the domains, each seed is off by `luck` standard deviations. */
function drawn(
  sizes: readonly number[],
  deviation: (random: Random) => number,
  { count, luck }: { readonly count: number; readonly luck: number },
  random: Random,
): SeedScores {
  const documents = sizes.flatMap((size, domain) =>
    Array.from({ length: size }, (_, i) => {
      return {
        id: `${domain} ${i}`,
        domain: String(domain),
        tokens: 50 + random.below(150),
        rate: 3 + deviation(random),
      };
    }),
  );
  return Array.from({ length: count }, () => {
    const off = luck * random.normal();
    return documents.map(({ id, domain, tokens, rate }): DocumentScore => {
      const own = luck > 0 ? 0.3 * random.normal() : 0;
      return score(id, domain, tokens * (rate + off + own), tokens);
    });
  });
}

/** How often a 95 % interval holds the truth. */
function coverage(...given: readonly [...Parameters<typeof drawn>, trials: number]): number {
  const [sizes, deviation, seeds, random, trials] = given;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    const [lo, hi] = macroInterval(drawn(sizes, deviation, seeds, random), { seed: trial, resamples: 300 });
    if (Math.log(lo) <= 3 && 3 <= Math.log(hi)) held++;
  }
  return held / trials;
}

describe('coverage of nominal 95 % intervals', () => {
  const domains = [
    [7, 7, 8, 6, 1, 1],
    [20, 20, 20],
    [5, 5, 5, 5, 5, 5],
    [10, 10],
    [100, 100, 3],
  ];
  const trials = 400;

  for (const [name, deviation] of Object.entries(deviations)) {
    it(`holds for ${name} documents`, () => {
      const random = createRandom(11);
      for (const sizes of domains) {
        const found = coverage(sizes, deviation, { count: 1, luck: 0 }, random, trials);
        assert.ok(found >= 0.93, `${found} of ${sizes.join(', ')}`);
      }
    });
  }

  it('holds for two and three seeds that differ', () => {
    const random = createRandom(12);
    for (const count of [2, 3]) {
      for (const name of ['normal', 'exponential']) {
        const found = coverage([7, 7, 8, 6, 1, 1], deviations[name], { count, luck: 0.5 }, random, trials);
        assert.ok(found >= 0.93, `${found} of ${count} seeds, ${name}`);
      }
    }
  });

  it('is rough below ten test documents, and no worse than is told', () => {
    const random = createRandom(14);
    for (const sizes of [[3, 2, 1], [1, 1, 1, 1], [6]]) {
      for (const name of ['normal', 'exponential']) {
        const found = coverage(sizes, deviations[name], { count: 1, luck: 0 }, random, trials);
        assert.ok(found >= 0.85, `${found} of ${sizes.join(', ')}, ${name}`);
      }
    }
  });

  it('is not bought by width: with many documents intervals are those of the normal theory', () => {
    const random = createRandom(13);
    const found = coverage([100, 100], deviations.normal, { count: 1, luck: 0 }, random, trials);
    assert.ok(found <= 0.98, String(found));
  });
});

describe('what is told of intervals', () => {
  const of = (count: number, sizes: readonly number[]) =>
    toldOfIntervals(drawn(sizes, deviations.normal, { count, luck: 0 }, createRandom(1))).join(' ');

  it('says whether training luck is in them', () => {
    assert.match(of(1, [20]), /test documents only, not of training luck/);
    assert.match(of(3, [20]), /and of training luck, by three seeds; so few/);
    assert.match(of(8, [20]), /by eight seeds\./);
  });

  it('says where documents are too few', () => {
    assert.match(of(1, [20, 3]), /Fewer than 5 test documents: 1 \(3\)/);
    assert.match(of(1, [4, 3]), /rest on 7 test documents/);
    assert.doesNotMatch(of(1, [20, 20]), /Fewer|rough/);
  });
});
