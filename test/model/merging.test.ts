import assert from 'node:assert/strict';
import { createRandom, type Random } from '../../backend/base/random';
import type { FactorMerge, WeighedFactors } from '../../backend/model/merging/factors';
import type { MergeRules, MergeValues } from '../../backend/model/merging/method';
import type { Rule } from '../../backend/model/merging/rule';
import { mergeRules } from '../../backend/model/merging/methods';
import { mergeData } from '../../backend/model/merging/settings';
import { largestDifference } from '../support/fixtures';

/** Random numbers that are known. */
const drawing = (...numbers: readonly number[]): Random => {
  const left = [...numbers];
  return { ...createRandom(1), uniform: () => left.shift() ?? assert.fail() };
};

interface Merge {
  readonly weights: readonly number[];
  readonly pieceLength?: number;
  readonly draws?: readonly Random[];
}

/** What a rule makes of tensors that come in pieces. */
async function merged(
  rule: Rule,
  tensors: readonly (readonly number[])[],
  { weights, pieceLength = 2, draws = [] }: Merge,
): Promise<number[]> {
  const { length } = tensors[0];
  // eslint-disable-next-line @typescript-eslint/require-await
  async function* pieces(): AsyncGenerator<Float64Array[]> {
    for (let at = 0; at < length; at += pieceLength) {
      yield tensors.map((tensor) => Float64Array.from(tensor.slice(at, at + pieceLength)));
    }
  }
  const combine = await rule({ weights, length, pieces, random: (expert) => draws[expert] });
  const result: number[] = [];
  for await (const piece of pieces()) {
    const place = new Float64Array(piece[0].length);
    combine(piece, place);
    result.push(...place);
  }
  return result;
}

const factors = (a: readonly number[], b: readonly number[], more: Partial<WeighedFactors> = {}): WeighedFactors => ({
  ...{ rank: 1, scale: 1, weight: 1, random: () => createRandom(1), ...more },
  ...{ a: Float32Array.from(a), b: Float32Array.from(b) },
});

const ofAll = { density: 1, sign: 'total' } as const satisfies MergeValues;
const { linear, cat, ties, slerp } = mergeRules;

describe('ways to merge experts, by hand', () => {
  const onDeltas = (method: keyof typeof mergeRules, values: Partial<MergeValues> = {}): Rule =>
    mergeRules[method].deltas?.({ ...ofAll, ...values }) ?? assert.fail();
  const onFactors = ({ factors }: MergeRules, values: Partial<MergeValues> = {}): FactorMerge =>
    factors?.({ ...ofAll, ...values }) ?? assert.fail();

  const first = [1, -4, 3, 0.5];
  const second = [-2, 1, 5, -0.5];
  const halves = { weights: [0.5, 0.5] };

  it('work on the grounds that they are offered on', () => {
    const rules: Readonly<Record<string, MergeRules>> = mergeRules;
    for (const [name, { grounds }] of Object.entries(mergeData)) {
      assert.deepEqual([...grounds].sort(), Object.keys(rules[name]).sort(), name);
    }
  });

  it('linear: the weighted sum', async () => {
    const weights = [0.5, -2];
    assert.deepEqual(await merged(onDeltas('linear'), [first, second], { weights }), [4.5, -4, -8.5, 1.25]);
  });

  it('TIES: the largest half of each, elected by their sum, the mean of those that agree', async () => {
    const rule = onDeltas('ties', { density: 0.5 });
    assert.deepEqual(await merged(rule, [first, second], halves), [-2, -4, 4, 0]);
    const weights = [3, 1];
    assert.deepEqual(await merged(rule, [first, second], { weights }), [-2, -4, 3.5, 0]);
  });

  it('of equal magnitudes the first stay, whichever piece they are in, and one at least', async () => {
    const even = [1, -2, 2, 2, -2, 0.1];
    const largest = (density: number): Promise<number[]> =>
      merged(onDeltas('magnitude-prune', { density }), [even], { weights: [1] });
    assert.deepEqual(await largest(0.5), [0, -2, 2, 2, 0, 0]);
    assert.deepEqual(await largest(0.9), [1, -2, 2, 2, -2, 0]);
    assert.deepEqual(await largest(0.01), [0, -2, 0, 0, 0, 0]);
    assert.deepEqual(await largest(1), even);
  });

  it('signs are elected by magnitudes or by heads', async () => {
    const three = [[3], [-1], [-1]];
    const weights = [1, 1, 1];
    assert.deepEqual(await merged(onDeltas('ties', { sign: 'total' }), three, { weights }), [3]);
    assert.deepEqual(await merged(onDeltas('ties', { sign: 'frequency' }), three, { weights }), [-1]);
    // A negative weight turns the sign around before it votes.
    assert.deepEqual(await merged(onDeltas('ties'), [[2], [1]], { weights: [-1, 1] }), [2]);
  });

  it('DARE: what is drawn below the density stays, divided by it', async () => {
    const draws = (): Random[] => [drawing(0.1, 0.9, 0.6, 0.49), drawing(0, 0.3, 0.5, 0.99)];
    const told = { ...halves, density: 0.5 };
    assert.deepEqual(
      await merged(onDeltas('dare-linear', told), [first, second], { ...halves, draws: draws() }),
      [-1, 1, 0, 0.5],
    );
    assert.deepEqual(
      await merged(onDeltas('dare-ties', told), [first, second], { ...halves, draws: draws() }),
      [-2, 1, 0, 0.5],
    );
  });

  it('SLERP: on the arc between two tensors, each with its length; straight where they are nearly collinear', async () => {
    const arc = async (a: number[], b: number[], t?: number, weights = [0.5, 0.5]): Promise<number[]> =>
      merged(slerp.weights?.({ ...ofAll, t }) ?? assert.fail(), [a, b], { weights, pieceLength: 1 });
    const close = (found: readonly number[], expected: readonly number[]): void =>
      assert.ok(largestDifference(found, expected) < 1e-12, found.join());
    close(await arc([1, 0], [0, 1]), [Math.SQRT1_2, Math.SQRT1_2]);
    close(await arc([2, 0], [0, 1], 1 / 3), [Math.sqrt(3), 0.5]);
    close(await arc([2, 0], [0, 1], undefined, [2, 1]), [Math.sqrt(3), 0.5]);
    close(await arc([1, 0], [3, 0.01], 0.25), [1.5, 0.0025]);
    close(await arc([1, 0], [-3, 0], 0.25), [0, 0]);
  });

  it('factors: each by itself with the root of its share, A with its sign', async () => {
    const experts = [factors([1, -4], [2], { weight: 4 }), factors([-2, 1], [4], { weight: -0.5, scale: 2 })];
    const sum = await onFactors(linear).merge(experts);
    assert.deepEqual([[...sum.a], [...sum.b], sum.rank, sum.scale], [[4, -9], [8], 1, 1]);
    const elected = await onFactors(ties).merge([factors([1, -4], [2]), factors([-2, 1], [4])]);
    assert.deepEqual([[...elected.a], [...elected.b]], [[-2, -4], [3]]);
  });

  it('concatenation: B A is the sum of all changes, and ranks add up', async () => {
    const one = factors([1, 2], [3, 5], { weight: 0.5, scale: 2 });
    const two = factors([1, 3, 2, -1], [2, 0, 4, 1], { rank: 2, weight: -1 });
    const { a, b, rank, scale } = await onFactors(cat).merge([one, two]);
    assert.deepEqual([rank, scale], [3, 1]);
    assert.deepEqual([...a], [1, 2, -1, -3, -2, 1]);
    assert.deepEqual([...b], [3, 2, 0, 5, 4, 1]);
  });
});
