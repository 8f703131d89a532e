/** What is told of a round of perplexity EM. */
import { expertLetter } from '../../../base/letter';
import type { RoundFigures } from '../../result';
import type { Evidence } from './evidence';
import { betasOf, meanEntropy, posteriorsOf } from './posteriors';

/** Held-out documents and what the k experts that judge make of them. */
interface Judged {
  /** Nats [N, k]. */
  readonly losses: Float64Array;
  readonly validation: readonly Int32Array[];
  readonly evidence: Evidence;
}

/** Where the documents are, and where the round found them [N]. */
interface Moved {
  readonly round: number;
  /** Documents that were gone through, of a round that is not at its end. */
  readonly judged?: number;
  readonly k: number;
  readonly assignments: Int32Array;
  readonly before: Int32Array;
  /** Nats per token of the training done last. */
  readonly trainLoss: number;
  /** Nats per token of all documents under the mixture of experts that did not learn from them, where there are such. */
  readonly loss: number | undefined;
}

export function roundFigures(
  { losses, validation, evidence }: Judged,
  { round, judged, k, assignments, before, trainLoss, loss }: Moved,
): RoundFigures {
  const tokens = validation.reduce((total, sequence) => total + sequence.length - 1, 0);
  const sizes = sizesOf(assignments, k);
  const moved = assignments.reduce((count, pile, d) => count + (pile === before[d] ? 0 : 1), 0);
  const { beta, biases } = evidence;
  const posteriors = posteriorsOf(losses, k, betasOf(validation, evidence), { ...(biases && { biases }) });
  return {
    round,
    ...(judged !== undefined && { judged }),
    ...(loss !== undefined && { logLikelihood: -loss }),
    ...(beta === 'literal' ? {} : { beta }),
    entropy: meanEntropy(posteriors, k),
    shares: sizes.map((size) => size / assignments.length),
    churn: moved / assignments.length,
    dead: sizes.filter((size) => size === 0).length,
    trainLoss,
    validationLoss: mixtureLoss(losses, sizes) / Math.max(1, tokens),
  };
}

/** −ln Σ_e p(e) p(d|e) of all documents together, from their losses [N, k] and the sizes of the piles [k]: nats. */
export function mixtureLoss(losses: Float64Array, sizes: readonly number[]): number {
  const k = sizes.length;
  const total = sizes.reduce((a, b) => a + b, 0);
  const logPriors = sizes.map((size) => Math.log((size + 1) / (total + k)));
  let sum = 0;
  for (let from = 0; from < losses.length; from += k) {
    const logs = logPriors.map((log, e) => log - losses[from + e]);
    const most = Math.max(...logs);
    sum -= most + Math.log(logs.reduce((all, log) => all + Math.exp(log - most), 0));
  }
  return sum;
}

/** Documents in each of k piles. */
export function sizesOf(assignments: Int32Array, k: number): number[] {
  const sizes = new Array<number>(k).fill(0);
  for (const pile of assignments) sizes[pile]++;
  return sizes;
}

/** The figures of a round that make curves, by their names. */
export function roundCurves({ entropy, churn, dead, shares }: RoundFigures): Record<string, number> {
  return {
    ...(entropy === undefined || Number.isNaN(entropy) ? {} : { entropy }),
    churn,
    dead,
    ...Object.fromEntries(shares.map((share, pile) => [`share ${expertLetter(pile)}`, share])),
  };
}
