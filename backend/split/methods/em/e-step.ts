/** The E-step of perplexity EM: what experts make of documents, and the piles that are drawn from that. */
import type { Random } from '../../../base/random';
import { assignBalanced, sinkhorn } from '../../constraints/balance';
import { among } from '../../constraints/constraints';
import { type Evidence, fitEvidence } from './evidence';
import type { EmExperts } from './em-experts';
import type { PerplexityEmSettings } from './perplexity-settings';
import { betasOf, posteriorsOf, relaxedOf } from './posteriors';

// Documents that are judged between two points from which the work can go on.
const judgedTogether = 4096;
/** The ε of LoRA-MCL's relaxed winner-takes-all, as its authors set it. */
const shareOfOthers = 0.05;

/** The beginnings of the documents that are judged. */
export interface Judged {
  readonly prefixes: readonly Int32Array[];
  readonly settings: PerplexityEmSettings;
}

/** In how many parts so many documents are judged. */
export function judgingParts(documents: number, folds: number): number {
  return folds * Math.ceil(documents / judgedTogether);
}

/**
 * Part `part` of judging the documents given: nats of each whole prefix under each expert that did not learn from it, into `losses`
 * [documents, k].
 */
export async function judgePart(
  experts: Pick<EmExperts, 'judge'>,
  { prefixes, settings: { k, folds } }: Judged,
  documents: readonly number[],
  fold: Int32Array,
  { part, losses, signal }: { readonly part: number; readonly losses: Float64Array; readonly signal: AbortSignal },
): Promise<void> {
  const [half, shard] = [part % folds, Math.floor(part / folds)];
  const end = Math.min(documents.length, (shard + 1) * judgedTogether);
  const places: number[] = [];
  for (let i = shard * judgedTogether; i < end; i++) if (fold[documents[i]] === half) places.push(i);
  const sequences = places.map((i) => prefixes[documents[i]]);
  const found = await experts.judge((half + 1) % folds, sequences, signal);
  places.forEach((i, row) => losses.set(found.subarray(row * k, (row + 1) * k), i * k));
}

/**
 * What the experts' losses on documents are worth in a round, from 1, where these documents are in these piles: a β that rises geometrically,
 * or what is measured.
 */
export function evidenceOf(
  round: number,
  { beta, rounds, k }: PerplexityEmSettings,
  { losses, piles }: { readonly losses: Float64Array; readonly piles: Int32Array },
): Evidence {
  if (beta === 'literal') return { beta };
  if (beta === 'relaxed') return { beta: 1, relaxed: shareOfOthers };
  if (beta === 'measured') return fitEvidence(losses, piles, k);
  const progress = rounds === 1 ? 1 : (round - 1) / (rounds - 1);
  return { beta: beta[0] * (beta[1] / beta[0]) ** progress };
}

/** P(e|d) of the documents given [documents, k] from their losses and the prior. */
export function posteriorsAt(
  { prefixes, settings: { k, start } }: Judged,
  documents: readonly number[],
  losses: Float64Array,
  evidence: Evidence,
): Float64Array {
  const betas = betasOf(
    documents.map((d) => prefixes[d]),
    evidence,
  );
  const { biases, relaxed } = evidence;
  const prior = start?.posteriors;
  const rows = prior && documents.flatMap((d) => Array.from(prior.subarray(d * k, (d + 1) * k)));
  const posteriors = posteriorsOf(losses, k, betas, { ...(rows && { prior: rows }), ...(biases && { biases }) });
  return relaxed === undefined ? posteriors : relaxedOf(posteriors, k, relaxed);
}

/**
 * A pile for each of the documents given, drawn from their posteriors [documents, k]; where `last`, the most probable one. Where the
 * weight of the evidence is measured nothing is drawn: what is in the wrong pile makes it low, and drawing would put as much there again.
 */
export function drawPiles(
  posteriors: Float64Array,
  documents: readonly number[],
  { k, capacity, beta, groups = [] }: PerplexityEmSettings,
  { last, random }: { readonly last: boolean; readonly random: Random },
): Int32Array {
  const logs = posteriors.map(Math.log);
  const scores = capacity === 'sinkhorn' && !last ? sinkhorn(logs, k) : logs;
  // Gumbel noise turns the maximum into a draw from the posterior (Gumbel-max), with or without capacity.
  if (!last && beta !== 'measured')
    scores.forEach((s, i) => (scores[i] = s - Math.log(-Math.log(1 - random.uniform()))));
  return assignBalanced(scores, k, typeof capacity === 'string' || last ? k : capacity, among(groups, documents));
}
