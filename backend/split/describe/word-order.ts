/** Whether a text's order of words says anything to the base model, or words stand there as they might in any order. */
import { createRandom } from '../../base/random';
import type { Tokenizer } from '../../model/tokenizer/tokenizer';
import { center, type Populations } from './populations';

/** Orders drawn for each text. Two tell how far one order lies from another by chance. */
const draws = 2;
// Fewer words have hardly an order.
const fewestWords = 8;
// Texts without order are among those that their order saves least by a rougher measure, and what is usual is told by an even draw.
const suspected = 0.25;
const drawnEvenly = 512;
// Nats per root of a token by which orders differ at least.
const leastSpread = 0.05;
const steps = 100;
// At most this share of a corpus is taken for noise.
const mostNoise = 0.2;

/** How many of N documents are read in other orders, at most, each so many times. */
export const readInOtherOrders = (count: number): number =>
  draws * Math.min(count, Math.ceil(suspected * count) + drawnEvenly);

/** The even draw, at most 512 of N documents. */
export function evenDraw(count: number): Int32Array {
  const size = Math.min(count, drawnEvenly);
  return Int32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

/** Which documents are tested: the even draw, and the quarter that has the least of `rough` [N], what order seems to save. */
export function toTest(rough: Float64Array): Int32Array {
  const least = Array.from(rough.keys()).sort((a, b) => rough[a] - rough[b]);
  const chosen = [...evenDraw(rough.length), ...least.slice(0, Math.ceil(suspected * rough.length))];
  return Int32Array.from(new Set(chosen)).sort();
}

/** The texts of the documents with their words in orders drawn at random, as tokens, no longer than they were [draws][N]. */
export function shuffledDocuments(documents: readonly Int32Array[], tokenizer: Tokenizer): Int32Array[][] {
  const random = createRandom(0, 1957);
  const texts = documents.map((tokens) => wordsOf(tokens, tokenizer));
  return Array.from({ length: draws }, () =>
    texts.map((words, d) => tokenizer.encode(random.shuffle(words).join(' ')).subarray(0, documents[d].length)),
  );
}

const wordsOf = (tokens: Int32Array, tokenizer: Tokenizer): string[] =>
  tokenizer.decode(tokens.subarray(1)).split(/\s+/).filter(Boolean);

/**
 * What the order of words saves of a document's nats per token, in standard deviations of what orders at random differ by [N]: of a
 * text without order it is normal, with mean 0 and deviation 1 (a permutation test). NaN where there are too few words.
 * `own` and `drawn` [draws][N]: nats per token of documents and of their shuffled texts under the base model.
 */
export function savedByOrder(
  documents: readonly Int32Array[],
  tokenizer: Tokenizer,
  own: Float64Array,
  drawn: readonly Float64Array[],
): Float64Array {
  const tokens = documents.map(({ length }) => Math.max(1, length - 1));
  const [first, second] = drawn;
  const apart = first.map((nats, d) => (nats - second[d]) * Math.sqrt(tokens[d] / 2));
  const { spread } = center(apart, leastSpread);
  return own.map((nats, d) => {
    if (wordsOf(documents[d], tokenizer).length < fewestWords) return NaN;
    const chance = drawn.reduce((total, one) => total + one[d], 0) / draws;
    return (chance - nats) / (spread * Math.sqrt((1 + 1 / draws) / tokens[d]));
  });
}

/**
 * P(without order | saved) [N] in a mixture of each document's population, normal around its robust center, and texts without order, whose
 * distribution is known; EM finds their share. What is worse than chance counts as chance, and what is NaN as ordered.
 */
export function withoutOrder(saved: Float64Array, populations: Populations): Float64Array {
  const evidence = new Float64Array(saved.length);
  for (const { members, from } of populations) {
    const { middle, spread } = center(
      Float64Array.from(from, (d) => saved[d]).filter((value) => !Number.isNaN(value)),
      1,
    );
    for (const d of members) {
      const value = Math.max(0, saved[d]);
      evidence[d] = ((value - middle) / spread) ** 2 / 2 + Math.log(spread) - value ** 2 / 2;
    }
  }
  let share = 0.05;
  let result = new Float64Array(saved.length);
  for (let step = 0; step < steps; step++) {
    result = evidence.map((nats) => (Number.isNaN(nats) ? 0 : 1 / (1 + ((1 - share) / share) * Math.exp(-nats))));
    share = Math.min(mostNoise, Math.max(Number.EPSILON, result.reduce((a, b) => a + b, 0) / saved.length));
  }
  return result;
}
