import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { meanNll } from '../../backend/mixing/evidence';
import { fitLogLinear } from '../../backend/mixing/signs/log-linear';
import { likelihoodSigns, weightingBySigns } from '../../backend/mixing/signs/signs';
import { posteriorWeights } from '../../backend/mixing/weightings/posterior/posterior';

describe('signs of who knows a text', () => {
  it('are weighed by what they tell: a sign counts, noise does not, and a better expert has more say', () => {
    const random = createRandom(1);
    const [n, k] = [4000, 3];
    const signs = new Float64Array(n * k * 2);
    const nll = new Float64Array(n * k);
    for (let t = 0; t < n; t++) {
      const right = Math.floor(random.uniform() * k);
      for (let e = 0; e < k; e++) {
        signs[(t * k + e) * 2] = 5 * ((e === right ? 1 : 0) + random.normal());
        signs[(t * k + e) * 2 + 1] = 0.01 * random.normal();
        nll[t * k + e] = (e === right ? 1 : 4) - (e === 2 ? 0.5 : 0);
      }
    }
    const { weights, loss } = fitLogLinear({ signs, nll }, k);
    const [told, noise] = weights.scales;
    // Bayes' rule believes a sign with such noise by 1/5; a wrong expert is not all lost, which allows somewhat more.
    assert.ok(told > 0.18 && told < 0.3, `${told}`);
    assert.ok(Math.abs(noise * 0.01) < 0.05, `${noise}`);
    assert.ok(weights.biases[2] > weights.biases[0]);
    const signless = fitLogLinear({ signs: new Float64Array(n * k), nll }, k);
    assert.ok(loss < signless.loss - 0.1, `${loss} and ${signless.loss}`);
  });

  it('of late follow a text that changes its subject, where the posterior of the whole text does not', () => {
    const [k, half] = [2, 60];
    const nll = Float32Array.from({ length: k * 2 * half }, (_, i) => {
      const [e, t] = [Math.floor(i / (2 * half)), i % (2 * half)];
      return e === (t < half ? 0 : 1) ? 2 : 4;
    });
    const text = { k, n: 2 * half, nll };
    const forgetting = { decay: 0.9, scales: [1], biases: [0, 0] };
    const recent = { ...weightingBySigns(likelihoodSigns(k), forgetting), toJson: () => ({}) };
    const [ofLate, ofAll] = [meanNll(recent, [text]), meanNll(posteriorWeights({ shares: [0.5, 0.5] }), [text])];
    assert.ok(ofLate < 2.3 && ofAll > 2.9, `${ofLate} and ${ofAll}`);
  });
});
