import assert from 'node:assert/strict';
import { fitEvidence } from '../../backend/split/methods/em/evidence';
import { posteriorsOf, relaxedOf } from '../../backend/split/methods/em/posteriors';
import { createRandom } from '../../backend/base/random';

/** Losses of 900 documents under three experts: the own one's are `gap` nats lower, all are noisy, and those of the third `worse` higher. */
function judged({ gap, noise, worse = 0 }: { readonly gap: number; readonly noise: number; readonly worse?: number }) {
  const random = createRandom(4);
  const [N, k] = [900, 3];
  const piles = Int32Array.from({ length: N }, (_, d) => d % k);
  const losses = new Float64Array(N * k);
  piles.forEach((pile, d) => {
    for (let e = 0; e < k; e++) {
      losses[d * k + e] = 200 + noise * random.normal() + (e === pile ? -gap : 0) + (e === 2 ? worse : 0);
    }
  });
  return { losses, piles, k };
}

describe('what experts can be believed of documents', () => {
  it('is measured: in full where losses are honest, less where they are noise, nothing where they tell nothing', () => {
    // Normal losses of deviation s whose means are g apart have log-odds g/s² times their difference.
    for (const [gap, noise] of [
      [2, 4],
      [1, 5],
      [3, 2],
    ]) {
      const { losses, piles, k } = judged({ gap, noise });
      const { beta } = fitEvidence(losses, piles, k);
      const right = Math.min(1, gap / noise ** 2);
      assert.ok(Math.abs(beta - right) < 0.2 * right, `β ${beta}, should be near ${right}`);
    }
    const { losses, piles, k } = judged({ gap: 0, noise: 5 });
    assert.ok(fitEvidence(losses, piles, k).beta < 0.02);
  });

  it('relaxed, is who comes first: all but a share, which the others have alike', () => {
    const relaxed = relaxedOf(Float64Array.of(0.2, 0.7, 0.1, 0.5, 0.5, 0), 3, 0.1);
    assert.deepEqual([...relaxed], [0.05, 0.9, 0.05, 0.9, 0.05, 0.05]);
  });

  it('an expert that is worse on all texts keeps its documents', () => {
    const { losses, piles, k } = judged({ gap: 4, noise: 2, worse: 30 });
    const shares = (biases?: Float64Array): number => {
      const posteriors = posteriorsOf(losses, k, new Float64Array(piles.length).fill(1), { ...(biases && { biases }) });
      return piles.filter((_, d) => Math.max(...posteriors.subarray(d * k, (d + 1) * k)) === posteriors[d * k + 2])
        .length;
    };
    assert.equal(shares(), 0);
    const { biases } = fitEvidence(losses, piles, k);
    assert.ok(Math.abs(shares(biases) - 300) < 60, `${shares(biases)} documents`);
  });
});
