import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { DeviceAdamW } from '../../backend/tensor/device-optimizer';
import { AdamW, defaultAdamW } from '../../backend/tensor/optimizer';
import { disposeAll, upload } from '../../backend/tensor/runtime';
import { testDevice } from '../support/device';
import { largestDifference } from '../support/fixtures';

const n = 3000;
const k = 4;

describe('AdamW as a graph', () => {
  it('makes the same updates as AdamW on the processor, and leaves the same groups alone', async () => {
    const random = createRandom(5);
    const draw = (scale: number): Float32Array => Float32Array.from({ length: k * n }, () => scale * random.normal());
    const settings = { ...defaultAdamW, weightDecay: 0.1 };
    const parameters = draw(1);
    const empty = (): Float32Array => new Float32Array(k * n);
    const numbers = { parameters: parameters.slice(), firstMoment: empty(), secondMoment: empty() };
    // The first half of each group decays.
    const halves = Array.from({ length: 2 * k }, (_, i) => {
      return { offset: (i * n) / 2, length: n / 2, group: Math.floor(i / 2), decay: i % 2 === 0 };
    });
    const decay = new Float32Array(n).fill(1, 0, n / 2);
    const mine = await DeviceAdamW.create(testDevice, [k, n], settings, numbers, decay);
    const reference = new AdamW(parameters, halves, settings);
    for (let step = 0; step < 5; step++) {
      // Of the four groups one is clipped, one not, one saw nothing, and one is not finite.
      const gradient = draw(1e-3);
      gradient.subarray(0, n).forEach((value, i, first) => (first[i] = 1e4 * value));
      gradient.fill(0, 2 * n, 3 * n);
      gradient[3 * n + 7] = step % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY;
      const learningRate = 1e-2 / (step + 1);
      const norms = reference.step(
        halves.map(({ offset, length }) => gradient.subarray(offset, offset + length)),
        learningRate,
      );
      const fed = await upload(testDevice, { gradient: { data: gradient, shape: [k, n] } });
      await mine.step(fed.gradient, norms, learningRate);
      disposeAll(fed);
    }
    const { parameters: updated, firstMoment, secondMoment } = await mine.read();
    assert.ok(largestDifference(updated, parameters) < 1e-6);
    assert.ok(largestDifference(firstMoment, reference.firstMoment) < 1e-6);
    assert.ok(largestDifference(secondMoment, reference.secondMoment) < 1e-6);
    assert.deepEqual(updated.subarray(2 * n), parameters.subarray(2 * n));
    await mine.dispose();
  });
});
