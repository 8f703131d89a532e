/** Documents that fit no pile. */
import { meanEntropy, sumOverTokens } from '../methods/em/posteriors';

/** What is known of documents when their piles are found. */
export interface Fit {
  /** Tokens of each document's beginning, the prefix token first [N]. */
  readonly documents: readonly Int32Array[];
  /** Nats of those under each expert that did not learn from the document [N, k]. */
  readonly losses: Float64Array;
  /** P(e|d) [N, k]. */
  readonly posteriors: Float64Array;
  readonly assignments: Int32Array;
}

// A posterior this close to uniform, as a share of ln k, says nothing about where the document belongs.
const flatEntropy = 0.9;
// Modified z-score beyond which a value is an outlier: Iglewicz and Hoaglin 1993.
const farOff = 3.5;
// Nats per token by which like texts differ even where most of them are copies.
const leastSpread = 0.05;
// A pile of fewer documents says too little about what is usual in it.
const fewestInPile = 20;

/**
 * Documents whose posterior is flat, or that are unusual, in their pile or in the corpus, in one of four ways: their best expert finds
 * them too hard or, as repeated phrases and empty tables are, too easy; their order of words helps it too little; their tokens are
 * too rare; or what it learned from its pile makes them worse than the base model does. Nothing is told of documents without a token.
 * `nats`: of each document's tokens under the base model.
 */
export function findOutliers(nats: readonly Float32Array[], vocabularySize: number, fit: Fit): number[] {
  const { documents, posteriors, losses, assignments } = fit;
  const k = losses.length / documents.length;
  const base = sumOverTokens(nats, 1);
  const frequency = logFrequencies(documents, vocabularySize);
  const perToken = (nats: (d: number) => number): Float64Array =>
    Float64Array.from(documents, ({ length }, d) => nats(d) / Math.max(1, length - 1));
  const best = perToken((d) => Math.min(...losses.subarray(d * k, (d + 1) * k)));
  const rarity = perToken((d) => documents[d].subarray(1).reduce((sum, token) => sum - frequency[token], 0));
  const order = rarity.map((nats, d) => nats - best[d]);
  const gain = perToken((d) => base[d]).map((nats, d) => nats - best[d]);

  const [inPile, inOrder, inRarity, inGain] = [best, order, rarity, gain].map((v) => scoresInPiles(v, assignments, k));
  const inCorpus = modifiedScores(best);
  return Array.from(documents.keys()).filter((d) => {
    if (documents[d].length < 2) return false;
    const flat = meanEntropy(posteriors.subarray(d * k, (d + 1) * k), k) > flatEntropy * Math.log(k);
    const either = Math.max(Math.abs(inPile[d]), Math.abs(inCorpus[d]));
    return flat || Math.max(either, -inOrder[d], inRarity[d], -inGain[d]) > farOff;
  });
}

/** ln of the share of each token in the documents [V]. */
function logFrequencies(documents: readonly Int32Array[], vocabSize: number): Float64Array {
  const counts = new Float64Array(vocabSize).fill(1);
  let total = vocabSize;
  for (const tokens of documents) {
    total += tokens.length - 1;
    for (let i = 1; i < tokens.length; i++) counts[tokens[i]]++;
  }
  return counts.map((count) => Math.log(count / total));
}

/** Modified z-score of each value [N] among those of its pile; 0 in piles that are too small. */
function scoresInPiles(values: Float64Array, assignments: Int32Array, k: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let pile = 0; pile < k; pile++) {
    const rows = Array.from(values.keys()).filter((row) => assignments[row] === pile);
    if (rows.length < fewestInPile) continue;
    const scores = modifiedScores(Float64Array.from(rows, (row) => values[row]));
    rows.forEach((row, i) => (result[row] = scores[i]));
  }
  return result;
}

/** Distances from the median in units of the median distance, which for normal values are standard deviations [N]. */
export function modifiedScores(values: Float64Array): Float64Array {
  const middle = median(values);
  const spread = Math.max(leastSpread, 1.4826 * median(values.map((value) => Math.abs(value - middle))));
  return values.map((value) => (value - middle) / spread);
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
