/** The election of signs of TIES (Yadav et al. 2023): of each number only those experts count whose sign has won. */
import type { Rule } from './rule';

/** How signs vote: each with its magnitude, or one as much as the other. */
export type SignMethod = 'total' | 'frequency';

export interface Election {
  readonly sign: SignMethod;
  /** Whether weights count in the vote, as mergekit has it; PEFT lets them count afterwards. */
  readonly weighted: boolean;
  /** What the weighted sum of those that agree is divided by: the sum of their weights, their number, or nothing. */
  readonly per: 'weight' | 'expert' | 'nothing';
}

/** A tie is positive, and zero agrees with no sign. */
export function elected({ sign, weighted, per }: Election): Rule {
  return ({ weights }) => {
    const shares = { weight: weights, expert: weights.map(() => 1), nothing: weights.map(() => 0) }[per];
    const votes = weighted ? weights : weights.map(() => 1);
    const voices = sign === 'total' ? votes : votes.map(Math.sign);
    const heard = sign === 'total' ? (value: number): number => value : Math.sign;
    return (piece, result) => {
      for (let i = 0; i < result.length; i++) {
        let balance = 0;
        for (let e = 0; e < piece.length; e++) balance += voices[e] * heard(piece[e][i]);
        let [sum, divisor] = [0, 0];
        for (let e = 0; e < piece.length; e++) {
          const vote = votes[e] * piece[e][i];
          if (vote === 0 || vote > 0 !== balance >= 0) continue;
          sum += weights[e] * piece[e][i];
          divisor += shares[e];
        }
        result[i] = divisor === 0 ? sum : sum / divisor;
      }
    };
  };
}
