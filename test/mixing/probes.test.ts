import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { hiddenLayer } from '../../backend/mixing/probes/hidden-layer';
import { linear } from '../../backend/mixing/probes/linear';
import type { LabelledStates, Learner } from '../../backend/mixing/probes/learning';
import { probeLogit } from '../../backend/mixing/probes/probe';
import { ridge } from '../../backend/mixing/probes/ridge';

const settings = { seed: 1, epochs: 20, learningRate: 0.02, weightDecay: 1e-4 };
const [n, D] = [1200, 3];

/** Points of a plane, and a third number that means nothing, labelled by a rule; columns differ in scale. */
function points(label: (x: number, y: number) => boolean, weigh: (label: number) => number = () => 1): LabelledStates {
  const random = createRandom(7);
  const rows = new Float32Array(n * D);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const [x, y] = [random.normal(), random.normal()];
    rows.set([10 * x + 3, y, 0.1 * random.normal()], i * D);
    labels[i] = label(x, y) ? 1 : 0;
  }
  return { rows, labels, weights: Float64Array.from(labels, weigh) };
}

function accuracy(learn: Learner, { rows, labels, weights }: LabelledStates): number {
  const half = n / 2;
  const part = (from: number): LabelledStates => ({
    rows: rows.slice(from * D, (from + half) * D),
    labels: labels.slice(from, from + half),
    weights: weights.slice(from, from + half),
  });
  const probe = learn(part(0), settings);
  const seen = part(half);
  return (
    seen.labels.reduce(
      (right, label, i) => right + (probeLogit(probe, seen.rows, i * D) > 0 === (label === 1) ? 1 : 0),
      0,
    ) / half
  );
}

describe('probes', () => {
  it('tell by a line what a line parts, whatever the scale of the numbers', () => {
    const apart = points((x, y) => x + y > 0);
    for (const learn of [linear, hiddenLayer, ridge]) assert.ok(accuracy(learn, apart) > 0.95);
  });

  it('tell what no line parts by a hidden layer alone', () => {
    const crossed = points((x, y) => x * y > 0);
    assert.ok(accuracy(hiddenLayer, crossed) > 0.9);
    for (const learn of [linear, ridge]) assert.ok(accuracy(learn, crossed) < 0.65);
  });

  it('lean to the class that counts more', () => {
    const even = points((x) => x > 1);
    const leaning = points(
      (x) => x > 1,
      (label) => (label === 1 ? 20 : 1),
    );
    for (const learn of [linear, hiddenLayer, ridge]) {
      const at = (states: LabelledStates): number => probeLogit(learn(states, settings), Float32Array.of(3, 0, 0), 0);
      assert.ok(at(leaning) > at(even) + 0.2);
    }
  });

  it('of ridge regression solve its normal equations', () => {
    const states = points((x, y) => x - y > 0.3);
    const best = ridge(states, settings);
    const deviation = deviations(states.rows);
    const loss = (weights: Float64Array, bias: number): number => {
      const errors = states.labels.reduce(
        (sum, label, i) => sum + (probeLogit({ weights, bias }, states.rows, i * D) - (2 * label - 1)) ** 2,
        0,
      );
      return errors + 0.01 * n * weights.reduce((sum, weight, j) => sum + (weight * deviation[j]) ** 2, 0);
    };
    const least = loss(best.weights, best.bias);
    for (let j = 0; j < D; j++) {
      for (const change of [1.01, 0.99]) {
        assert.ok(
          loss(
            best.weights.map((weight, i) => (i === j ? weight * change : weight)),
            best.bias,
          ) > least,
        );
      }
    }
    assert.ok(loss(best.weights, best.bias + 0.01) > least && loss(best.weights, best.bias - 0.01) > least);
  });
});

function deviations(rows: Float32Array): number[] {
  return Array.from({ length: D }, (_, j) => {
    const column = Array.from({ length: n }, (_, i) => rows[i * D + j]);
    const mean = column.reduce((sum, value) => sum + value / n, 0);
    return Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0));
  });
}
