import assert from 'node:assert/strict';
import fc from 'fast-check';
import { balanceOf, contingency, qualityOf } from '../../backend/split/describe/quality';

const near = (actual: number, expected: number): void =>
  assert(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

describe('quality of a clustering', () => {
  it('agrees with scikit-learn 1.9.1', () => {
    const piles = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1, 2);
    const quality = qualityOf(contingency(piles, [...'abababccc'], 3));
    near(quality.nmi, 0.29513539794968274);
    near(quality.ari, -0.03225806451612903);
    near(quality.homogeneity, 0.2734123242043456);
    near(quality.completeness, 0.3206082697661315);
    near(quality.vMeasure, 0.2951353979496828);

    const other = qualityOf(contingency(Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3), [...'aabbbbccacdd'], 4));
    near(other.nmi, 0.74478700885501);
    near(other.ari, 0.521044992743106);
    near(other.purity, 10 / 12);
    near(other.inversePurity, 10 / 12);
    near(qualityOf(contingency(Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1), [...'aabbaabb'], 2)).ari, -1 / 6);
  });

  it('is perfect for the labels themselves under any names, and lies within bounds', () => {
    const piles = fc.array(fc.nat(4), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(piles, fc.infiniteStream(fc.nat(3)), (assignments, labels) => {
        const self = qualityOf(
          contingency(
            Int32Array.from(assignments),
            assignments.map((pile) => `p${4 - pile}`),
            5,
          ),
        );
        for (const figure of Object.values(self)) near(figure as number, 1);
        const gold = assignments.map(() => String(labels.next().value));
        const quality = qualityOf(contingency(Int32Array.from(assignments), gold, 5));
        for (const figure of Object.values(quality)) assert(figure <= 1 + 1e-12 && figure >= -0.5);
      }),
    );
  });

  it('tells how evenly piles are filled', () => {
    const balance = balanceOf(Int32Array.of(0, 0, 0, 1), 3);
    assert.deepEqual(balance.sizes, [3, 1, 0]);
    near(balance.entropy, 0.5623351446188083 / Math.log(3));
    assert.deepEqual([balance.maxOverMin, balance.dead], [Infinity, 1]);
    assert.equal(balanceOf(Int32Array.of(0, 1), 2).entropy, 1);
  });
});
