import assert from 'node:assert/strict';
import fc from 'fast-check';
import { elect, posteriorOfAll, softmax, weighedMerits } from '../../backend/council/election';

/** [drafts][members] as what each member finds of all drafts. */
const byMember = (rows: readonly (readonly number[])[]): number[][] =>
  rows[0].map((_, member) => rows.map((row) => row[member]));
const none = Number.NEGATIVE_INFINITY;

describe('a vote of a council', () => {
  it('goes to the draft that members find most probable on average, not the one with most votes', () => {
    const judgements = byMember([
      [-1, -1, -9],
      [-2, -2, -1],
      [-3, -3, -3],
    ]);
    assert.deepEqual(elect(judgements, 3), { winner: 1, votes: [2, 1, 0] });
  });

  it('goes to the earlier member on a tie, and to an empty draft only where all are empty', () => {
    const tie = [
      [-3, -3],
      [-2, -4],
    ];
    assert.equal(elect(byMember(tie), 2).winner, 0);
    const empty = [
      [none, -50],
      [none, -60],
    ];
    assert.equal(elect(empty, 2).winner, 1);
    assert.equal(elect([[none, none]], 2).winner, 0);
    assert.equal(elect(empty, 2, weighedMerits(empty, 2, [0.5, 0.5])).winner, 1);
  });

  it('counts every vote', () => {
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((n) =>
        fc.array(fc.array(fc.integer({ min: -9, max: 0 }), { minLength: n, maxLength: n }), { minLength: 1 }),
      );
    fc.assert(
      fc.property(table, (rows) => {
        const judgements = byMember(rows);
        const { winner, votes } = elect(judgements, rows.length);
        const sums = rows.map((row) => row.reduce((a, b) => a + b));
        assert.equal(winner, sums.indexOf(Math.max(...sums)));
        assert.equal(
          votes.reduce((a, b) => a + b),
          judgements.length,
        );
      }),
    );
  });

  it('weighed: a member counts by its weight alone, however far apart its judgements lie', () => {
    const judgements = byMember([
      [-1, -900],
      [-2, -1],
    ]);
    assert.equal(elect(judgements, 2).winner, 1);
    const merits = weighedMerits(judgements, 2, [0.9, 0.1]);
    assert.equal(elect(judgements, 2, merits).winner, 0);
    const [first, second] = softmax([-1, -2]);
    assert.deepEqual(
      merits.map((merit) => merit.toFixed(9)),
      [0.9 * first, 0.9 * second + 0.1].map((merit) => merit.toFixed(9)),
    );
  });

  it('where somebody chose in words, counts one vote each, and then the likelihoods of the others', () => {
    const experts = byMember([
      [-1, -2],
      [-9, -1],
      [-2, -9],
    ]);
    assert.deepEqual(elect(experts, 3), { winner: 0, votes: [1, 1, 0] });
    assert.deepEqual(elect([...experts, { choice: 1 }], 3), { winner: 1, votes: [1, 2, 0] });
    // Each draft has a vote: who chose in words gives that draft all of its share.
    assert.equal(elect([[-1, -9, -9], [-8, -2, -8], { choice: 2 }], 3).winner, 2);
    assert.deepEqual(elect([[-1, -9], undefined], 2), { winner: 0, votes: [1, 0] });
    assert.deepEqual(elect([[none, -9], { choice: 1 }], 2), { winner: 1, votes: [0, 2] });
  });

  it('gives a chat model an equal share where the others are weighed by whose prompt it is', () => {
    assert.deepEqual(posteriorOfAll([0.75, 0.25], [true, false, true, false]), [0.375, 0.25, 0.125, 0.25]);
  });
});
