import { type Context, Level } from './ngram-level';

export interface NgramOptions {
  readonly order: number;
  /** Token ids are below this; every one of them has a probability, met or not. */
  readonly vocabularySize: number;
  /** Stands before each document; no n-gram reaches back over it. */
  readonly beginToken: number;
}

/** What is discounted from counts of one, two, and three or more where the counts of counts do not tell. */
const usualDiscounts = [0.5, 1, 1.5];

/** Discounts of counts of one, two, and three or more. */
type Discounts = readonly number[];

/**
 * An interpolated n-gram model with modified Kneser–Ney smoothing (Chen and Goodman 1999, section 3). Below the highest
 * order an n-gram counts once for each different token met before it; one that begins with the begin token, which has
 * none before it, counts as often as it occurs. The unigrams are interpolated with the uniform distribution.
 */
export class NgramModel {
  private constructor(
    private readonly options: NgramOptions,
    private readonly levels: readonly Level[],
    private readonly discounts: readonly Discounts[],
    private readonly contexts: readonly ((context: number) => Context)[],
  ) {}

  /** Counts the n-grams of documents that follow each other in a stream, each after the begin token. */
  static train(stream: ArrayLike<number>, options: NgramOptions): NgramModel {
    const levels = count(stream, options);
    const discounts = levels.map(estimateDiscounts);
    const contexts = levels.map((level, n) =>
      level.summarise(n === 0 ? 1 : levels[n - 1].size, (count) => discountOf(discounts[n], count)),
    );
    return new NgramModel(options, levels, discounts, contexts);
  }

  /** Number of different n-grams of each order. */
  get sizes(): number[] {
    return this.levels.map(({ size }) => size);
  }

  /** nats of token t + 1 given tokens 0…t, the first of which is the begin token. */
  nats(tokens: ArrayLike<number>): Float64Array {
    const result = new Float64Array(Math.max(0, tokens.length - 1));
    const ends = this.start();
    for (let t = 0; t < tokens.length; t++) {
      if (t > 0) result[t - 1] = -Math.log(this.afterContexts(ends, tokens[t]));
      this.advance(ends, tokens[t]);
    }
    return result;
  }

  /** Probability of a token after a history that starts with the begin token. */
  probability(history: ArrayLike<number>, token: number): number {
    const ends = this.start();
    for (let t = 0; t < history.length; t++) this.advance(ends, history[t]);
    return this.afterContexts(ends, token);
  }

  /** At n, the number of the n-gram that a history ends with, -1 where it was never met; here for the empty history. */
  private start(): Int32Array {
    return new Int32Array(this.options.order).fill(-1).fill(0, 0, 1);
  }

  private advance(ends: Int32Array, token: number): void {
    const starts = token === this.options.beginToken;
    for (let n = ends.length - 2; n >= 0; n--) {
      ends[n + 1] = ends[n] < 0 || (starts && n > 0) ? -1 : this.levels[n].find(ends[n], token);
    }
  }

  private afterContexts(ends: Int32Array, token: number): number {
    let probability = 1 / this.options.vocabularySize;
    for (const [n, level] of this.levels.entries()) {
      if (ends[n] < 0) break;
      const { total, freed } = this.contexts[n](ends[n]);
      if (total === 0) break;
      const found = level.find(ends[n], token);
      const count = found < 0 ? 0 : level.count(found);
      probability = (count - discountOf(this.discounts[n], count) + freed * probability) / total;
    }
    return probability;
  }
}

/** All n-grams, those of n tokens at n - 1, with the counts that Kneser–Ney smoothing works on. */
function count(stream: ArrayLike<number>, { order, beginToken }: NgramOptions): Level[] {
  const levels = Array.from({ length: order }, () => new Level());
  // At n, the number of the n-gram before the next token, as far as the document reaches back.
  const ends = new Int32Array(order + 1);
  let reach = 0;
  for (let t = 0; t < stream.length; t++) {
    const token = stream[t];
    const longest = Math.min(reach, order - 1);
    let isNew = true;
    for (let n = longest; n >= 0; n--) {
      const level = levels[n];
      const { size } = level;
      const number = level.add(ends[n], token);
      // The longest counts every time, another one when the n-gram that reaches one token further back is new.
      if (isNew) level.increment(number);
      isNew = level.size > size;
      ends[n + 1] = number;
    }
    reach = token === beginToken ? 1 : reach + 1;
  }
  return levels;
}

/** The discounts that leave-one-out likelihood suggests, from how many n-grams have the counts one to four. */
function estimateDiscounts(level: Level): Discounts {
  const met = level.countsOfCounts(4);
  const y = met[1] / (met[1] + 2 * met[2]);
  const discounts = [1, 2, 3].map((count) => count - ((count + 1) * y * met[count + 1]) / met[count]);
  return discounts.every((discount, i) => discount >= 0 && discount <= i + 1) ? discounts : usualDiscounts;
}

function discountOf(discounts: Discounts, count: number): number {
  return count === 0 ? 0 : discounts[Math.min(count, 3) - 1];
}
