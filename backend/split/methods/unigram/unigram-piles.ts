import type { SparseRows } from '../../features/word-counts';

/** Below this posterior a document's own words in a pile are too few to matter, and are not taken out to judge it. */
const NEGLIGIBLE = 0.01;

/** What is needed to judge unseen documents. */
export interface UnigramModel {
  readonly k: number;
  /** ln p(word | pile), `[V, k]`. */
  readonly logWords: Float32Array;
  /** ln p(pile), `[k]`. */
  readonly logPriors: Float32Array;
}

/** The corpus as a mixture of unigrams sees it. */
export interface WordStatistics {
  readonly counts: SparseRows;
  /** Words of each document, `[N]`. */
  readonly lengths: Float64Array;
  /** Share of each word in the corpus, `[V]`. */
  readonly background: Float64Array;
  /** Words in all. */
  readonly total: number;
}

export function wordStatistics(counts: SparseRows): WordStatistics {
  const lengths = new Float64Array(counts.count);
  const background = new Float64Array(counts.width);
  for (let document = 0; document < counts.count; document++) {
    for (let cell = counts.starts[document]; cell < counts.starts[document + 1]; cell++) {
      lengths[document] += counts.values[cell];
      background[counts.columns[cell]] += counts.values[cell];
    }
  }
  const total = lengths.reduce((sum, length) => sum + length, 0);
  for (let word = 0; word < background.length; word++) background[word] /= total;
  return { counts, lengths, background, total };
}

/** k unigram models with their counts, which change as documents move. */
export interface UnigramPiles {
  readonly k: number;
  /** Documents in each pile, fractions included, `[k]`. */
  readonly sizes: Float64Array;
  /** Counts anew from posteriors `[N, k]`, to be smoothed with that many words of background. */
  gather(posteriors: Float64Array, pseudoWords: number): void;
  /** Writes ln p(words, pile) into `scores` `[k]`, after taking the document's own share `own` `[k]` out of each pile. */
  score(document: number, own: Float64Array, scores: Float64Array): void;
  /** Moves a whole document from one pile to another; undefined is none of them. */
  move(document: number, from: number | undefined, to: number | undefined): void;
  /** The models as they stand now. */
  model(): UnigramModel;
}

export function createPiles({ counts, lengths, background, total }: WordStatistics, k: number): UnigramPiles {
  const { starts, columns, values } = counts;
  const sizes = new Float64Array(k);
  const totals = new Float64Array(k);
  const words = new Float64Array(counts.width * k);
  // ln(count + pseudo-count) of each word and pile: logarithms are taken when a count changes, not when it is read.
  const logs = new Float64Array(counts.width * k);
  let pseudoWords = total;

  const add = (document: number, pile: number, share: number): void => {
    sizes[pile] += share;
    totals[pile] += share * lengths[document];
    for (let cell = starts[document]; cell < starts[document + 1]; cell++) {
      words[columns[cell] * k + pile] += share * values[cell];
    }
  };
  const takeLogs = (document: number, pile: number): void => {
    for (let cell = starts[document]; cell < starts[document + 1]; cell++) {
      const at = columns[cell] * k + pile;
      logs[at] = Math.log(words[at] + pseudoWords * background[columns[cell]]);
    }
  };
  /** Σ count · ln(count in pile + pseudo-count), without `share` of the document itself. */
  const logCounts = (document: number, pile: number, share: number): number => {
    let sum = 0;
    if (share <= NEGLIGIBLE) {
      for (let cell = starts[document]; cell < starts[document + 1]; cell++) {
        sum += values[cell] * logs[columns[cell] * k + pile];
      }
      return sum;
    }
    for (let cell = starts[document]; cell < starts[document + 1]; cell++) {
      const others = words[columns[cell] * k + pile] - share * values[cell];
      sum += values[cell] * Math.log(others + pseudoWords * background[columns[cell]]);
    }
    return sum;
  };

  return {
    k,
    sizes,
    gather: (posteriors, pseudo) => {
      pseudoWords = pseudo;
      sizes.fill(0);
      totals.fill(0);
      words.fill(0);
      posteriors.forEach((share, i) => {
        if (share > 1e-4) add(Math.floor(i / k), i % k, share);
      });
      for (let at = 0; at < logs.length; at++) {
        logs[at] = Math.log(words[at] + pseudoWords * background[Math.floor(at / k)]);
      }
    },
    score: (document, own, scores) => {
      for (let pile = 0; pile < k; pile++) {
        const share = own[pile] > NEGLIGIBLE ? own[pile] : 0;
        const inPile = totals[pile] - share * lengths[document] + pseudoWords;
        const prior = (sizes[pile] - share + 1) / (lengths.length - 1 + k);
        scores[pile] = logCounts(document, pile, share) - lengths[document] * Math.log(inPile) + Math.log(prior);
      }
    },
    move: (document, from, to) => {
      if (from !== undefined) add(document, from, -1);
      if (to !== undefined) add(document, to, 1);
      for (const pile of [from, to]) if (pile !== undefined) takeLogs(document, pile);
    },
    model: () => ({
      k,
      logWords: Float32Array.from(logs, (log, at) => log - Math.log(totals[at % k] + pseudoWords)),
      logPriors: Float32Array.from(sizes, (size) => Math.log((size + 1) / (lengths.length + k))),
    }),
  };
}
