/** How a council chooses where its members need write nothing: each gives its shares of the choices, and the procedure makes merits of them. */
import { largest, softmax } from './election';

/** How likelihoods of choices are made comparable. */
export const choiceScales = {
  length: 'per token',
  sum: 'of the whole choice',
  calibrated: 'of the whole choice, less what it is worth after an empty question',
} as const;
export type ChoiceScale = keyof typeof choiceScales;

/** What a member finds of the choices of one question, [choices] each. */
export interface Findings {
  /** Nats of each choice as the answer. */
  readonly nats: readonly number[];
  /** Tokens of each choice. */
  readonly tokens: readonly number[];
  /** Nats of each choice after the empty question; only the calibrated scale reads it. */
  readonly prior?: readonly number[];
}

/** The share [choices] that a member gives each choice: they sum to 1. */
export function sharesOf({ nats, tokens, prior }: Findings, scale: ChoiceScale): number[] {
  const scaled = {
    length: () => nats.map((n, c) => -n / Math.max(1, tokens[c])),
    sum: () => nats.map((n) => -n),
    calibrated: () => nats.map((n, c) => (prior?.[c] ?? 0) - n),
  };
  return softmax(scaled[scale]());
}

/** Merits [choices], summing to 1, of what members find: `shares` is [members][choices], `weights` P(member | question) [members]. */
export type Choose = (shares: readonly (readonly number[])[], weights: readonly number[]) => number[];

/** Each member has one vote; votes that are as many are told apart by the members' shares. */
export const byMajority: Choose = (shares) => {
  const choices = shares[0].length;
  const votes = Array.from({ length: choices }, () => 0);
  for (const own of shares) votes[largest(own)]++;
  const mean = meanShares(shares);
  // A vote outweighs all shares together, whose sum is 1.
  return normalized(votes.map((count, c) => 2 * count + mean[c]));
};

/** Members' shares, weighed. */
export const byWeight: Choose = (shares, weights) =>
  shares[0].map((_, c) => shares.reduce((sum, own, m) => sum + weights[m] * own[c], 0));

/** The shares of the member with the largest weight. */
export const byBest: Choose = (shares, weights) => [...shares[largest(weights)]];

const meanShares = (shares: readonly (readonly number[])[]): number[] =>
  byWeight(
    shares,
    shares.map(() => 1 / shares.length),
  );

function normalized(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}
