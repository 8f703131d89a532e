/** What one round of an EM over experts looked like. */
export interface RoundFigures {
  readonly round: number;
  /** Inverse temperature of the posterior; absent under the literal rule, where it is one over the prefix's length. */
  readonly beta?: number;
  /** Mean entropy of the posterior over experts on held-out documents, as a share of ln k: 1 is undecided, 0 certain. */
  readonly entropy: number;
  /** Share of the documents in each pile. */
  readonly shares: readonly number[];
  /** Share of the documents that changed their pile. */
  readonly churn: number;
  /** Piles without a document. */
  readonly dead: number;
  /** Nats per token while the experts learned in this round. */
  readonly trainLoss: number;
  /** Nats per token of held-out prefixes, each under its best expert. */
  readonly validationLoss: number;
}

/** Mean entropy of posteriors [N, k], as a share of ln k. */
export function assignmentEntropy(posteriors: Float64Array, k: number): number {
  let total = 0;
  for (const p of posteriors) if (p > 0) total -= p * Math.log(p);
  return total / Math.log(k) / (posteriors.length / k);
}
