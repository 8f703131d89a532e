/** Documents that fit no pile. */
import type { Tokenizer } from '../../model/tokenizer/tokenizer';
import { meanEntropy } from '../methods/em/posteriors';
import { modifiedScores, populationsOf } from './populations';
import { evenDraw, savedByOrder, shuffledDocuments, toTest, withoutOrder } from './word-order';

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

/** Nats of the tokens of each sequence under the base model. */
export type BaseScore = (sequences: readonly Int32Array[]) => Promise<readonly Float32Array[]>;

// A posterior this close to uniform, as a share of ln k, says nothing about where the document belongs.
const flatEntropy = 0.9;
// Modified z-score beyond which a value is an outlier among few: Iglewicz and Hoaglin 1993.
const farOff = 3.5;
// Nats per token or byte by which like texts differ even where most of them are copies.
const leastSpread = 0.05;

/**
 * Documents whose posterior is flat, or that are unusual in one of four ways: their best expert finds their tokens too hard or, as
 * repeated phrases and empty tables are, too easy, in their pile or in the corpus; the base model, which knows none of the documents,
 * finds their bytes so, in their pile; their tokens are too rare in the corpus, for their pile; or their words stand in no order. Nothing is told of documents without a token. Reads all
 * documents with the base model, and a part of them in other orders.
 */
export async function findOutliers(tokenizer: Tokenizer, score: BaseScore, fit: Fit): Promise<number[]> {
  const { documents, posteriors, losses, assignments } = fit;
  const k = losses.length / documents.length;
  const base = sums(await score(documents));
  const own = base.map((nats, d) => nats / tokensOf(documents[d]));
  // The largest of N normal values hardly lies farther off (Donoho and Johnstone 1994).
  const most = Math.max(farOff, Math.sqrt(2 * Math.log(documents.length)));
  const piles = populationsOf(assignments, k);
  const corpus = populationsOf(new Int32Array(documents.length), 1);
  const best = own.map((_, d) => Math.min(...losses.subarray(d * k, (d + 1) * k)) / tokensOf(documents[d]));
  const perByte = base.map((nats, d) => nats / bytesOf(documents[d], tokenizer));
  const [inPile, inCorpus] = [piles, corpus].map((among) => modifiedScores(best, among, leastSpread));
  const bytes = modifiedScores(perByte, piles, leastSpread);
  const rare = rarityOf(documents);
  const rarity = modifiedScores(rare, piles, leastSpread);
  const rough = modifiedScores(
    rare.map((nats, d) => nats - own[d]),
    piles,
    leastSpread,
  );
  const usual = populationsOf(assignments, k, evenDraw(documents.length));
  const disordered = withoutOrder(await testOrder(tokenizer, score, { documents, own, rows: toTest(rough) }), usual);
  return Array.from(documents.keys()).filter((d) => {
    if (documents[d].length < 2) return false;
    const flat = meanEntropy(posteriors.subarray(d * k, (d + 1) * k), k) > flatEntropy * Math.log(k);
    const far = Math.max(Math.abs(inPile[d]), Math.abs(inCorpus[d]), Math.abs(bytes[d]), rarity[d]) > most;
    return flat || far || disordered[d] > 0.5;
  });
}

const tokensOf = ({ length }: Int32Array): number => Math.max(1, length - 1);

const bytesOf = (tokens: Int32Array, tokenizer: Tokenizer): number =>
  Math.max(
    1,
    tokens.subarray(1).reduce((total, token) => total + tokenizer.bytesOf(token).length, 0),
  );

/** What order saves of the documents in these rows, see `savedByOrder`; NaN of the others [N]. `own`: nats per token [N]. */
async function testOrder(
  tokenizer: Tokenizer,
  score: BaseScore,
  { documents, own, rows }: { documents: readonly Int32Array[]; own: Float64Array; rows: Int32Array },
): Promise<Float64Array> {
  const tested = Array.from(rows, (d) => documents[d]);
  const drawn: Float64Array[] = [];
  for (const shuffled of shuffledDocuments(tested, tokenizer)) {
    drawn.push(sums(await score(shuffled)).map((nats, i) => nats / tokensOf(shuffled[i])));
  }
  const saved = savedByOrder(
    tested,
    tokenizer,
    Float64Array.from(rows, (d) => own[d]),
    drawn,
  );
  const result = new Float64Array(documents.length).fill(NaN);
  rows.forEach((d, i) => (result[d] = saved[i]));
  return result;
}

/** Nats per token of each document by the shares of tokens in all of them [N]. */
function rarityOf(documents: readonly Int32Array[]): Float64Array {
  const counts = new Map<number, number>();
  let total = 0;
  for (const tokens of documents) {
    for (const token of tokens.subarray(1)) counts.set(token, (counts.get(token) ?? 0) + 1);
    total += tokens.length - 1;
  }
  return Float64Array.from(documents, (tokens) => {
    const nats = tokens.subarray(1).reduce((sum, token) => sum - Math.log((counts.get(token) ?? 0) / total), 0);
    return nats / tokensOf(tokens);
  });
}

const sums = (nats: readonly Float32Array[]): Float64Array =>
  Float64Array.from(nats, (values) => values.reduce((a, b) => a + b, 0));
