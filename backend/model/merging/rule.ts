/**
 * Rules that make one tensor of those of several experts: of what they change of a weight, of whole weights, or of factors of adapters.
 * Whoever has the tensors streams them, so a rule holds no more than a piece of each.
 */
import type { Random } from '../../base/random';

/** The tensors of one place, one of each expert. */
export interface Operands {
  /** How much of each expert counts. */
  readonly weights: readonly number[];
  /** Numbers of each tensor. */
  readonly length: number;
  /** Goes through the numbers from the first on: of each expert as many at a time. A piece may be written to, and is used again for the next. */
  readonly pieces: () => AsyncIterable<readonly Float64Array[]>;
  /** The random numbers of an expert in this place, from the first on. */
  readonly random: (expert: number) => Random;
}

/** Writes into `result` what becomes of a piece, which may be written to. Called once for each piece, in their order. */
export type Combine = (piece: readonly Float64Array[], result: Float64Array) => void;
/** Reads the tensors as often as it needs before they are combined. */
export type Rule = (operands: Operands) => Combine | Promise<Combine>;

/** Sets numbers of each tensor to zero, or scales what stays. */
export type Thinning = (operands: Operands) => Thin | Promise<Thin>;
export type Thin = (piece: readonly Float64Array[]) => void;

/** Combines by `rule` what a thinning leaves. */
export function thinned(thinning: Thinning, rule: Rule): Rule {
  return async (operands) => {
    const thin = await thinning(operands);
    const combine = await rule(operands);
    return (piece, result) => {
      thin(piece);
      combine(piece, result);
    };
  };
}

/** Σ weight · number. */
export const summed: Rule =
  ({ weights }) =>
  (piece, result) => {
    result.fill(0);
    piece.forEach((own, e) => {
      for (let i = 0; i < result.length; i++) result[i] += weights[e] * own[i];
    });
  };
