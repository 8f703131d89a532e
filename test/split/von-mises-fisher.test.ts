import assert from 'node:assert/strict';
import { logConstant } from '../../backend/split/methods/unigram/von-mises-fisher';
import { fitUnigramMixture } from '../../backend/split/methods/unigram/unigram-em';
import { contingency, qualityOf } from '../../backend/split/describe/quality';
import { buildVocabulary, countWords } from '../../backend/split/features/word-counts';
import { createRandom } from '../../backend/base/random';
import { generatedCorpus } from '../support/corpus';

/** Vectors of length 1 around one axis per domain. */
function around(
  domains: readonly number[],
  D: number,
  noise: number,
): { count: number; width: number; values: Float64Array } {
  const random = createRandom(3);
  const values = new Float64Array(domains.length * D);
  domains.forEach((domain, row) => {
    const own = values.subarray(row * D, (row + 1) * D);
    own.forEach((_, i) => (own[i] = (random.uniform() - 0.5) * noise + (i === domain ? 1 : 0)));
    const length = Math.hypot(...own);
    own.forEach((x, i) => (own[i] = x / length));
  });
  return { count: domains.length, width: D, values };
}

describe('von Mises–Fisher distributions of piles', () => {
  it('are densities: whatever the concentration, they integrate to the same over the sphere', () => {
    const D = 64;
    // A vector at cosine t from the mean, on a sphere in D dimensions, has the weight (1 − t²)^((D − 3) / 2).
    const logMass = (concentration: number): number => {
      const steps = 20_000;
      let sum = 0;
      for (let i = 0; i < steps; i++) {
        const t = -1 + (2 * (i + 0.5)) / steps;
        sum += Math.exp(concentration * (t - 1)) * (1 - t * t) ** ((D - 3) / 2);
      }
      return Math.log(sum) + concentration;
    };
    const reference = logConstant(50, D) + logMass(50);
    for (const concentration of [0.5, 5, 20, 200, 1000]) {
      assert.ok(
        Math.abs(logConstant(concentration, D) + logMass(concentration) - reference) < 0.01,
        `${concentration}`,
      );
    }
  });

  it('tell what words do not, and a vector of zeros says nothing', async () => {
    const corpus = generatedCorpus(90).trim().split('\n');
    const all = corpus.map((line) => JSON.parse(line) as { text: string; domain: string });
    // Every fourth text has no word of its domain.
    const texts = all.map(({ text }, i) => (i % 4 === 0 ? 'the a of and to in was with that it' : text));
    const labels = all.map(({ domain }) => domain);
    const names = [...new Set(labels)];
    const counts = countWords(texts, buildVocabulary(texts));
    const vectors = around(
      labels.map((label) => names.indexOf(label)),
      16,
      0.6,
    );
    vectors.values.fill(0, 0, 16);
    const nmi = (piles: Int32Array): number => qualityOf(contingency(piles, labels, 3)).nmi;
    const words = await fitUnigramMixture(counts, { k: 3, seed: 1 });
    const both = await fitUnigramMixture(counts, { k: 3, seed: 1, vectors });
    assert.ok(
      nmi(words.assignments) < 0.8 && nmi(both.assignments) > 0.9,
      `${nmi(words.assignments)}, ${nmi(both.assignments)}`,
    );
    assert.ok(both.posteriors.every(Number.isFinite));
  });
});
