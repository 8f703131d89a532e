import assert from 'node:assert/strict';
import fc from 'fast-check';
import { elect, softmax, weighedMerits } from '../../backend/council/election';

describe('a vote of a council', () => {
  it('goes to the draft that members find most probable on average, not the one with most votes', () => {
    const judgements = [
      [-1, -1, -9],
      [-2, -2, -1],
      [-3, -3, -3],
    ];
    assert.deepEqual(elect(judgements, 3), { winner: 1, votes: [2, 1, 0] });
  });

  it('goes to the earlier member on a tie, and to an empty draft only where all are empty', () => {
    const tie = [
      [-3, -3],
      [-2, -4],
    ];
    assert.equal(elect(tie, 2).winner, 0);
    assert.equal(elect([[], [-50, -60]], 2).winner, 1);
    assert.equal(elect([[], []], 2).winner, 0);
    assert.equal(elect([[], [-50, -60]], 2, weighedMerits([[], [-50, -60]], [0.5, 0.5])).winner, 1);
  });

  it('counts every vote', () => {
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((n) =>
        fc.array(fc.array(fc.integer({ min: -9, max: 0 }), { minLength: n, maxLength: n }), { minLength: 1 }),
      );
    fc.assert(
      fc.property(table, (judgements) => {
        const [{ length: members }] = judgements;
        const { winner, votes } = elect(judgements, members);
        const sums = judgements.map((row) => row.reduce((a, b) => a + b));
        assert.equal(winner, sums.indexOf(Math.max(...sums)));
        assert.equal(
          votes.reduce((a, b) => a + b),
          members,
        );
      }),
    );
  });

  it('weighed: a member counts by its weight alone, however far apart its judgements lie', () => {
    const judgements = [
      [-1, -900],
      [-2, -1],
    ];
    assert.equal(elect(judgements, 2).winner, 1);
    const merits = weighedMerits(judgements, [0.9, 0.1]);
    assert.equal(elect(judgements, 2, merits).winner, 0);
    const [first, second] = softmax([-1, -2]);
    assert.deepEqual(
      merits.map((merit) => merit.toFixed(9)),
      [0.9 * first, 0.9 * second + 0.1].map((merit) => merit.toFixed(9)),
    );
  });
});
