/** Merges of adapters that leave an adapter: what becomes of the factors A and B of one layer. */
import type { Random } from '../../base/random';
import type { Rule } from './rule';

/** scale · B A, which an adapter adds to the weight of a layer. */
export interface Factors {
  readonly rank: number;
  /** A [rank, in]. */
  readonly a: Float32Array;
  /** B [out, rank]. */
  readonly b: Float32Array;
  readonly scale: number;
}

export interface WeighedFactors extends Factors {
  readonly weight: number;
  /** Random numbers of its own for each factor. */
  readonly random: (factor: 'A' | 'B') => Random;
}

export interface FactorMerge {
  /** Whether the experts' ranks must be the same. */
  readonly sameRanks: boolean;
  readonly merge: (experts: readonly WeighedFactors[]) => Promise<Factors>;
}

/**
 * Combines all A by a rule and all B by the same, as PEFT's `add_weighted_adapter`: the product of two sums has what belongs to no expert,
 * B of one times A of another. Of weight · scale each factor gets the root, and A the sign.
 */
export function separately(rule: Rule): FactorMerge {
  const merge: FactorMerge['merge'] = async (experts) => {
    const shares = experts.map(({ weight, scale }) => weight * scale);
    const roots = shares.map((share) => Math.sqrt(Math.abs(share)));
    const signed = roots.map((root, e) => root * Math.sign(shares[e]));
    const combined = (own: 'a' | 'b', weights: readonly number[]): Promise<Float32Array> => {
      const tensors = experts.map((expert) => expert[own]);
      return combine(rule, tensors, weights, (e) => experts[e].random(own === 'a' ? 'A' : 'B'));
    };
    return { rank: experts[0].rank, a: await combined('a', signed), b: await combined('b', roots), scale: 1 };
  };
  return { sameRanks: true, merge };
}

/** Combines tensors that are in memory. */
export async function combine(
  rule: Rule,
  tensors: readonly Float32Array[],
  weights: readonly number[],
  random: (expert: number) => Random,
): Promise<Float32Array> {
  const { length } = tensors[0];
  const copies = (): Float64Array[] => tensors.map((tensor) => Float64Array.from(tensor));
  // eslint-disable-next-line @typescript-eslint/require-await
  async function* pieces(): AsyncGenerator<Float64Array[]> {
    yield copies();
  }
  const result = new Float64Array(length);
  (await rule({ weights, length, random, pieces }))(copies(), result);
  return Float32Array.from(result);
}
