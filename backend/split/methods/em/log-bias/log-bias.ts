/**
 * Perplexity EM from random piles: experts that are the base model with a bias over the vocabulary (experts.ts) part as their posteriors
 * cool (deterministic annealing: Rose 1990; Ueda and Nakano 1998). There are more of them than piles at first, because a start with
 * too many finds every domain and one with exactly as many often puts two into one pile; those that are most alike are united.
 */
import { offer, once, plainCodec } from '../../../../base/checkpoint';
import { pause, type Watch } from '../../../../base/progress';
import { createRandom } from '../../../../base/random';
import { type Corpus, LogBiasExperts, type ExpertsState, type Temper } from './experts';
import { normalised, type Predictions } from './predictions';
import { unitePiles } from './unite';

export interface LogBiasSettings {
  readonly k: number;
  readonly seed: number;
  /** Starts that go side by side, of which the likeliest is kept. */
  readonly starts: number;
  /**
   * Tokens that every expert is taken to have seen of the corpus as a whole, beside those of its documents: by default 20,000,
   * or as many as an average pile has in a smaller corpus.
   */
  readonly pseudoTokens?: number;
  /** Piles to begin with instead of random ones [N]; −1 is a document that was in none. */
  readonly from?: Int32Array;
}

export interface LogBiasMixture {
  /** P(e | d), each document judged without its own tokens [N, k]. */
  readonly posteriors: Float64Array;
  /** How much likelier the mixture makes a token than the base model does: nats per token, of which repetitions are dampened. */
  readonly gain: number;
  /** P(e | d) of documents that no expert learned from [N, k]. */
  readonly judge: (documents: Pick<Predictions, 'documents'>) => Float64Array;
}

/** Experts for each pile at first, and documents that each of them has at least. */
const expertsPerPile = 3;
const leastDocuments = 20;
/** Rounds while posteriors cool; then those of k experts, in which they may still be undecided, and hard ones at most. */
const coolingRounds = 20;
const softRounds = 4;
const hardRounds = 12;
/** At first a document counts as if it had this many tokens. */
const startingTokens = 10;
/** Hard rounds end when no more than this share of the documents changes its pile. */
const settled = 0.001;
/** How often every token is taken to have been seen and expected in the corpus, so that none is impossible. */
const leastCount = 0.05;

/** Throws the signal's reason when it is aborted. */
export async function fitLogBias(
  predictions: Predictions,
  { k, seed, starts, from, pseudoTokens: given }: LogBiasSettings,
  watch: Watch,
): Promise<LogBiasMixture> {
  const corpus = corpusOf(predictions);
  const pseudoTokens = given ?? usualPseudoTokens(corpus, k);
  const part: Part = { predictions, corpus, pseudoTokens, k, seed };
  const piles =
    from === undefined
      ? await once(watch, 'piles of united experts', plainCodec<Int32Array[]>(), (under) =>
          fromRandom(part, starts, under),
        )
      : [from];
  const experts = new LogBiasExperts(predictions, corpus, k, piles.length);
  experts.beginWith(piles);
  await go(experts, { name: 'Piles settle', rounds: softRounds + hardRounds, temper: settling(part) }, watch);
  const gains = piles.map((_, start) => experts.found(start).gains.reduce((a, b) => a + b, 0));
  const best = gains.indexOf(Math.max(...gains));
  const { posteriors } = experts.found(best);
  return {
    posteriors,
    gain: gains[best] / corpus.tokens,
    judge: (documents) => experts.mixtureOf(best, experts.judgeOthers(documents)).posteriors,
  };
}

/** What is fitted. */
interface Part extends Pick<LogBiasSettings, 'k' | 'seed'> {
  readonly predictions: Predictions;
  readonly corpus: Corpus;
  readonly pseudoTokens: number;
}

/** Piles of each start [N], found from random posteriors with more experts than piles. */
async function fromRandom(
  { predictions, corpus, pseudoTokens, k, seed }: Part,
  starts: number,
  watch: Watch,
): Promise<Int32Array[]> {
  const N = predictions.documents.length;
  const K = Math.max(k, Math.min(expertsPerPile * k, Math.floor(N / leastDocuments)));
  const experts = new LogBiasExperts(predictions, corpus, K, starts);
  experts.begin(Array.from({ length: starts }, (_, start) => createRandom(seed, start)));
  const first = Math.min(1, (startingTokens * N) / corpus.tokens);
  const temper = (round: number): Temper => ({ beta: first ** (1 - round / (coolingRounds - 1)), pseudoTokens });
  await go(experts, { name: 'Experts part', rounds: coolingRounds, temper }, watch);
  return Array.from({ length: starts }, (_, start) => {
    const assignments = mostProbable(experts.found(start).posteriors, K);
    const united = unitePiles(predictions, assignments, { K, k, corpus, pseudoTokens });
    return assignments.map((pile) => united[pile]);
  });
}

const settling =
  ({ pseudoTokens }: Part) =>
  (round: number): Temper => ({ beta: round < softRounds ? 1 : Infinity, pseudoTokens });

interface Rounds {
  readonly name: string;
  /** The name of their state among a watch's checkpoints, where it is another. */
  readonly key?: string;
  readonly rounds: number;
  readonly temper: (round: number) => Temper;
}

/** As many as an average pile has, 20,000 at most. */
export const usualPseudoTokens = ({ tokens }: Corpus, k: number): number => Math.min(20_000, tokens / k);

/** Rounds of EM, from where an interruption left them. Hard ones end when nothing moves any more. */
export async function go(
  experts: LogBiasExperts,
  { name, key = name, rounds, temper }: Rounds,
  watch: Watch,
): Promise<void> {
  const kept = watch.checkpointer?.load(key) as { readonly round: number; readonly experts: ExpertsState } | undefined;
  if (kept !== undefined) experts.restore(kept.experts);
  for (let round = kept?.round ?? 0; round < rounds; round++) {
    await pause(watch);
    const before = experts.save().posteriors.slice();
    experts.round(temper(round));
    watch.report({ stage: name, done: round + 1, total: rounds, unit: 'rounds' });
    await offer(watch, key, () => ({ round: round + 1, experts: experts.save() }));
    if (temper(round).beta === Infinity && moved(before, experts.save().posteriors) <= settled) return;
  }
}

/** Share of the documents that changed their pile, of posteriors that are 0 or 1. */
function moved(before: Float32Array, after: Float32Array): number {
  let changes = 0;
  let ones = 0;
  after.forEach((p, i) => {
    if (p !== 1) return;
    ones++;
    if (before[i] !== 1) changes++;
  });
  return ones === 0 ? 0 : changes / ones;
}

/** The corpus as a whole, by the documents that are predicted. */
export function corpusOf({ documents, spread }: Predictions): Corpus {
  const counts = new Float64Array(spread.length).fill(leastCount);
  const expected = new Float64Array(spread.length).fill(leastCount);
  let [tokens, rest] = [0, 0];
  for (const { tokens: own, weights, starts, ids, probabilities, rests } of documents) {
    for (let t = 0; t < own.length; t++) {
      counts[own[t]] += weights[t];
      tokens += weights[t];
      rest += weights[t] * rests[t];
      for (let j = starts[t]; j < starts[t + 1]; j++) expected[ids[j]] += weights[t] * probabilities[j];
    }
  }
  spread.forEach((share, v) => (expected[v] += rest * share));
  return { shares: normalised(counts), foreseen: normalised(expected), tokens };
}

function mostProbable(posteriors: Float64Array, K: number): Int32Array {
  return Int32Array.from({ length: posteriors.length / K }, (_, d) => {
    const own = posteriors.subarray(d * K, (d + 1) * K);
    return own.indexOf(Math.max(...own));
  });
}
