/** Votes by likelihood: who likes which draft best, and which one wins. */

export interface Ballot {
  /** Position of the draft that won. */
  readonly winner: number;
  /** [drafts]: members that like this draft best. */
  readonly votes: readonly number[];
}

/** [drafts][members]: log-probability (nats) per token of a draft under each member; empty where the draft holds no token. */
export type Judgements = readonly (readonly number[])[];

/**
 * The draft with the largest merit wins, the earlier one on a tie; a merit is by default the mean of a draft's judgements. A draft
 * without tokens has no likelihood: it wins only where all drafts are empty.
 */
export function elect(judgements: Judgements, members: number, merits = judgements.map(mean)): Ballot {
  const favourites = Array.from({ length: members }, (_, member) =>
    largest(judgements.map((ofDraft) => ofDraft[member] ?? worst)),
  );
  const votes = judgements.map((_, draft) => favourites.filter((favourite) => favourite === draft).length);
  return { winner: largest(merits), votes };
}

/**
 * The merits [drafts] of drafts whose judges are weighed: of each judge the likelihoods per token of all drafts, divided by their
 * sum, so that a judge who finds everything improbable, or whose judgements lie far apart, counts no more than its weight.
 */
export function weighedMerits(judgements: Judgements, weights: readonly number[]): number[] {
  const shares = weights.map((_, member) => softmax(judgements.map((ofDraft) => ofDraft[member] ?? worst)));
  return judgements.map((ofDraft, draft) =>
    ofDraft.length === 0 ? worst : weights.reduce((total, weight, member) => total + weight * shares[member][draft], 0),
  );
}

/** Probabilities that are proportional to the exponentials; zero of −∞. */
export function softmax(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  const parts = logs.map((log) => (log === worst ? 0 : Math.exp(log - most)));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / (sum || 1));
}

const worst = Number.NEGATIVE_INFINITY;

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? worst : values.reduce((total, value) => total + value, 0) / values.length;

/** Position of the largest number, the first on a tie. */
export const largest = (values: readonly number[]): number =>
  values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
