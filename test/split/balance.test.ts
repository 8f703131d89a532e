import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assignBalanced, sinkhorn } from '../../backend/split/constraints/balance';

describe('balanced assignment', () => {
  it('lets the most confident documents choose first', () => {
    // Both prefer pile 0; the second document is surer of it, so the first goes elsewhere.
    assert.deepEqual([...assignBalanced(Float64Array.of(-2, -3, -1, -9), 2)], [1, 0]);
    assert.deepEqual([...assignBalanced(Float64Array.of(-2, -3, -1, -9), 2, 2)], [0, 0]);
  });

  it('never overfills a pile, and gives a document a worse pile only when the better is full', () => {
    const table = fc.integer({ min: 1, max: 5 }).chain((k) =>
      fc.tuple(
        fc.constant(k),
        fc.array(fc.array(fc.float({ noNaN: true }), { minLength: k, maxLength: k }), {
          minLength: 1,
          maxLength: 40,
        }),
      ),
    );
    fc.assert(
      fc.property(table, fc.double({ min: 1, max: 3, noNaN: true }), ([k, rows], capacity) => {
        const assignments = assignBalanced(Float64Array.from(rows.flat()), k, capacity);
        const limit = Math.ceil((capacity * rows.length) / k);
        const sizes = Array.from({ length: k }, (_, pile) => assignments.filter((own) => own === pile).length);
        assert(sizes.every((size) => size <= limit));
        rows.forEach((scores, document) => {
          const own = scores[assignments[document]];
          scores.forEach((score, pile) => assert(score <= own || sizes[pile] === limit));
        });
      }),
    );
  });

  it('refuses scores and capacities that leave a document without a pile', () => {
    assert.throws(() => assignBalanced(Float64Array.of(0, NaN), 2), RangeError);
    assert.throws(() => assignBalanced(Float64Array.of(0, 1), 2, 0.5), RangeError);
  });

  it('Sinkhorn makes piles equally probable and keeps what tells documents apart', () => {
    const posteriors = [0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.99, 0.01];
    const balanced = sinkhorn(Float64Array.from(posteriors, Math.log), 2).map(Math.exp);
    const sums = [0, 1].map((pile) => balanced.filter((_, i) => i % 2 === pile).reduce((a, b) => a + b, 0));
    for (const sum of sums) assert.ok(Math.abs(sum - 2) < 1e-6, String(sums));
    assert.ok(balanced[6] > balanced[0] && balanced[0] > balanced[2] && balanced[2] > balanced[4]);
  });
});
