/** How a council chooses where its members need write nothing: each gives its shares of the choices, and the procedure makes merits of them. */
import { largest, softmax } from './election';
import type { ChoiceScale } from './settings';

/** What a member finds of the choices of one question, [choices] each. */
export type Findings = Likelihoods | Choice;

export interface Likelihoods {
  /** Nats of each choice as the answer. */
  readonly nats: readonly number[];
  /** Tokens of each choice. */
  readonly tokens: readonly number[];
  /** Nats of each choice after the empty question; only the calibrated scale reads it. */
  readonly prior?: readonly number[];
}

/** Of a chat model, or of a council with one: no likelihoods to put on a scale. */
export interface Choice {
  /** The share of each choice, all on one where it was chosen in words; undefined where nobody chose. */
  readonly shares: readonly number[] | undefined;
}

/** The share [choices] that a member gives each choice: they sum to 1. Undefined where it abstained. */
export function sharesOf(found: Findings, scale: ChoiceScale): readonly number[] | undefined {
  return 'shares' in found ? found.shares : scaled(found, scale);
}

function scaled({ nats, tokens, prior }: Likelihoods, scale: ChoiceScale): number[] {
  const logs = {
    length: () => nats.map((n, c) => -n / Math.max(1, tokens[c])),
    sum: () => nats.map((n) => -n),
    calibrated: () => nats.map((n, c) => (prior?.[c] ?? 0) - n),
  };
  return softmax(logs[scale]());
}

/** How a procedure chooses. */
export interface Choosing {
  /** Whether P(member | question) counts. */
  readonly weighs: boolean;
  /** Merits [choices], of which the largest wins: `shares` is [members][choices], `weights` P(member | question) [members]. */
  readonly merits: (shares: readonly (readonly number[])[], weights: readonly number[]) => number[];
  /** The share [choices] that all together give each choice: they sum to 1. */
  readonly together: (shares: readonly (readonly number[])[], weights: readonly number[]) => number[];
}

const weighed: Choosing['merits'] = (shares, weights) =>
  shares[0].map((_, c) => shares.reduce((sum, own, m) => sum + weights[m] * own[c], 0));

const evenly: Choosing['together'] = (shares) =>
  weighed(
    shares,
    shares.map(() => 1 / shares.length),
  );

/** Each member has one vote; choices with as many votes are told apart by the members' shares. */
export const majority: Choosing = {
  weighs: false,
  merits: (shares) => {
    const merits = evenly(shares, []);
    // A vote outweighs all shares together, which sum to 1.
    for (const own of shares) merits[largest(own)] += 2;
    return merits;
  },
  together: evenly,
};

/** Members' shares, weighed. */
export const byWeight: Choosing = { weighs: true, merits: weighed, together: weighed };

/** The shares of the member with the largest weight. */
const ofBest: Choosing['merits'] = (shares, weights) => [...shares[largest(weights)]];
export const byBest: Choosing = { weighs: true, merits: ofBest, together: ofBest };

/** What members who gave shares come to, when those that abstained have no part; undefined where all did. */
export function chosenBy(
  { merits, together }: Choosing,
  shares: readonly (readonly number[] | undefined)[],
  weights: readonly number[],
): { readonly merits: number[]; readonly together: number[]; readonly favourites: number[] } | undefined {
  const spoke = shares.flatMap((own, m) => (own === undefined ? [] : [{ own, weight: weights[m] }]));
  if (spoke.length === 0) return undefined;
  const given = spoke.map(({ own }) => own);
  const sum = spoke.reduce((total, { weight }) => total + weight, 0);
  const parts = spoke.map(({ weight }) => (sum > 0 ? weight / sum : 1 / spoke.length));
  return { merits: merits(given, parts), together: together(given, parts), favourites: given.map(largest) };
}
