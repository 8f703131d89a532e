import assert from 'node:assert/strict';
import { meanRouting, routingOf } from '../../backend/evaluate/routing';
import type { Evidence } from '../../backend/mixing/evidence';
import type { FittedWeighting } from '../../backend/mixing/weighting';

/** Expert `best` loses 1 nat at each of n tokens, the other 2. */
const text = (best: number, n: number): Evidence[] => [
  { k: 2, n, nll: Float32Array.from({ length: 2 * n }, (_, i) => (Math.floor(i / n) === best ? 1 : 2)) },
];

/** Weights that are told the losses so far: sure of expert 0 at first, then of whoever was better, to this degree. */
const after = (tokens: number, sure: number): FittedWeighting => ({
  k: 2,
  needs: { losses: true },
  memory: 'text',
  figures: {},
  start: () => {
    const totals = [0, 0];
    let read = -1;
    return ({ losses }) => {
      read++;
      losses.forEach((nats, e) => (totals[e] += nats));
      const leader = read < tokens || totals[0] < totals[1] ? 0 : 1;
      return Float64Array.from([0, 1], (e) => Math.log(e === leader ? sure : 1 - sure));
    };
  },
  toJson: () => ({}),
});

describe('routing', () => {
  it('tells after how many tokens the best expert is found, and what another costs', () => {
    const { byPrefix } = routingOf([text(0, 40), text(1, 40), text(1, 10)], after(10, 0.9));
    assert.deepEqual(
      byPrefix.map(({ tokens, documents, accuracy, regret }) => [tokens, documents, accuracy, regret]),
      [
        [8, 2, 0.5, 0.5],
        [16, 2, 1, 0],
        [32, 2, 1, 0],
      ],
    );
  });

  it('tells weights that mean what they say from those that are too sure', () => {
    const texts = [text(0, 50), text(0, 50), text(0, 50), text(1, 50)];
    // It says expert 0 whatever it reads, and is right in three of four texts.
    const [honest, sure] = [0.75, 0.99].map((confidence) => routingOf(texts, after(Infinity, confidence)));
    assert.ok(Math.abs(honest.ece) < 1e-9 && Math.abs(sure.ece - 0.24) < 1e-9);
    assert.ok(Math.abs(honest.brier - 2 * (0.75 * 0.25 ** 2 + 0.25 * 0.75 ** 2)) < 1e-9 && sure.brier > honest.brier);
    assert.deepEqual(
      honest.reliability.map(({ from, accuracy, tokens }) => [from, accuracy, tokens]),
      [[0.7, 0.75, 200]],
    );
    const mean = meanRouting([honest, sure]);
    assert.ok(Math.abs(mean.ece - 0.12) < 1e-9);
    assert.deepEqual(
      mean.reliability.map(({ from, tokens }) => [from, tokens]),
      [
        [0.7, 200],
        [0.9, 200],
      ],
    );
  });
});
