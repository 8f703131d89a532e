/** Votes on drafts: who likes which one best, and which one wins. */

export interface Ballot {
  /** Position of the draft that won. */
  readonly winner: number;
  /** [drafts]: members that like this draft best. */
  readonly votes: readonly number[];
}

/** What one member finds of drafts. */
export type Judgement =
  /** Log-probability (nats) per token of each draft; −∞ where it holds no token. */
  | readonly number[]
  /** Of a chat model, which tells no likelihoods: the position of the one that it chose. */
  | { readonly choice: number }
  /** It abstained. */
  | undefined;

/**
 * The draft with the largest merit wins, the earlier one on a tie: by default with the largest mean of likelihoods, or, where somebody
 * chose in words, with the most votes, and of several the one of which members hold the largest shares. A draft without tokens has no
 * likelihood: it wins only where all drafts are empty.
 */
export function elect(judgements: readonly Judgement[], drafts: number, merits?: readonly number[]): Ballot {
  const votes = new Array<number>(drafts).fill(0);
  for (const own of judgements) if (own !== undefined) votes[favouriteOf(own)]++;
  if (merits !== undefined) return { winner: largest(merits), votes };
  const likelihoods = judgements.filter(tellsLikelihoods);
  if (likelihoods.length === judgements.length) {
    const positions = Array.from(votes.keys());
    return { winner: largest(positions.map((draft) => mean(likelihoods.map((own) => own[draft])))), votes };
  }
  const weights = judgements.map(() => 1 / judgements.length);
  // A vote outweighs all shares together, which sum to 1 at most.
  const shares = weighedMerits(judgements, drafts, weights);
  return { winner: largest(votes.map((count, draft) => 2 * count + shares[draft])), votes };
}

const tellsLikelihoods = (own: Judgement): own is readonly number[] => Array.isArray(own);
const favouriteOf = (own: NonNullable<Judgement>): number => ('choice' in own ? own.choice : largest(own));

/**
 * The merits [drafts] of drafts whose judges are weighed: of each judge the likelihoods per token of all drafts, divided by their
 * sum, so that a judge who finds everything improbable, or whose judgements lie far apart, counts no more than its weight. Who chose in
 * words gives all to that one, who abstained nothing.
 */
export function weighedMerits(judgements: readonly Judgement[], drafts: number, weights: readonly number[]): number[] {
  const shares = judgements.map((own) => {
    if (own === undefined) return new Array<number>(drafts).fill(0);
    return 'choice' in own ? oneOf(own.choice, drafts) : softmax(own);
  });
  const empty = (draft: number): boolean => judgements.filter(tellsLikelihoods).some((own) => own[draft] === worst);
  return Array.from({ length: drafts }, (_, draft) =>
    empty(draft) ? worst : weights.reduce((total, weight, member) => total + weight * shares[member][draft], 0),
  );
}

/** All of a share on one of so many. */
export const oneOf = (choice: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number(i === choice));

/** Probabilities that are proportional to the exponentials; zero of −∞. */
export function softmax(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  const parts = logs.map((log) => (log === worst ? 0 : Math.exp(log - most)));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / (sum || 1));
}

/**
 * P(member | prompt) [members] of all, from that of the experts among them, in their order: a chat model, of which nobody knows how
 * probable it finds a prompt, has an equal share.
 */
export function posteriorOfAll(experts: readonly number[], isExpert: readonly boolean[]): number[] {
  const [each, sum] = [1 / isExpert.length, experts.reduce((total, share) => total + share, 0)];
  let at = 0;
  return isExpert.map((expert) => {
    if (!expert) return each;
    const share = sum > 0 ? experts[at] / sum : 1 / experts.length;
    at++;
    return share * experts.length * each;
  });
}

const worst = Number.NEGATIVE_INFINITY;

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? worst : values.reduce((total, value) => total + value, 0) / values.length;

/** Position of the largest number, the first on a tie. */
export const largest = (values: readonly number[]): number =>
  values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
