import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exponentials, largestOf } from '../../backend/base/exponentials';

describe('exponentials', () => {
  it('are those of Math.exp, with their sum', () => {
    const values = fc.array(fc.double({ min: -700, max: 700, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 5 }), (all, skipped) => {
        const from = Math.min(skipped, all.length - 1);
        const largest = largestOf(all, from, all.length - from);
        const found = new Float64Array(all.length - from);
        const sum = exponentials(all, from, largest, found);
        const expected = all.slice(from).map((value) => (value - largest < -708 ? 0 : Math.exp(value - largest)));
        expected.forEach((value, i) => assert.ok(Math.abs(found[i] - value) <= 1e-12 * value));
        assert.ok(Math.abs(sum - expected.reduce((a, b) => a + b)) <= 1e-12 * sum);
      }),
    );
  });

  it('of nothing are 0, and of no number none', () => {
    const found = new Float64Array(3);
    assert.ok(Number.isNaN(exponentials([-Infinity, -1e9, NaN], 0, 0, found)));
    assert.deepEqual([...found], [0, 0, NaN]);
  });
});
