import { NUMBER } from '../features/words';
import type { SparseRows, Vocabulary } from '../features/word-counts';

/** Documents like those of the corpus added to either side before they are compared: rare words need that much more evidence. */
const PRIOR_DOCUMENTS = 10;

/**
 * A word that stands in a larger share than this of the documents of other piles is left out, the pile aside that has it most, as a
 * domain may lie in two piles. Function words differ between piles too ("how" in problems of arithmetic), with great certainty for
 * being frequent, but tell a reader nothing.
 */
const COMMON = 0.025;

/** Standard deviations taken off the log-odds: by their size alone the rarest words would lead, by their certainty the most frequent. */
const CAUTION = 2;

/** A word that marks a pile. */
export interface Term {
  readonly word: string;
  /** Log-odds against the other piles, in standard deviations. */
  readonly z: number;
}

/**
 * The words that mark each pile off from all others, strongest first: log-odds ratio with an informative Dirichlet prior,
 * here the corpus (Monroe, Colaresi and Quinn 2008), of standing in a document at all, because what one document repeats
 * names no pile. Words come by the lower end of it. At most `top` a pile, none that is no more frequent there, and no numbers,
 * contractions or function words.
 * `counts` are of the documents in the piles; returns one list per pile.
 */
export function characteristicTerms(
  counts: SparseRows,
  vocabulary: Vocabulary,
  assignments: Int32Array,
  k: number,
  top = 10,
): Term[][] {
  const table = documentFrequencies(counts, assignments, k);
  return table.sizes.map((size, pile) => {
    if (size === 0) return [];
    const others = counts.count - size;
    const terms = vocabulary.words.flatMap((word, column) => {
      const documents = table.of(pile, column);
      const elsewhere = table.inAll[column] - documents;
      // A word of every document marks none.
      if (table.inAll[column] === counts.count) return [];
      if (word === NUMBER || CONTRACTION.test(word) || isCommon(table, pile, column)) return [];
      const prior = (PRIOR_DOCUMENTS * table.inAll[column]) / counts.count;
      const { ratio, deviation } = logOdds(
        [documents + prior, size - documents + PRIOR_DOCUMENTS - prior],
        [elsewhere + prior, others - elsewhere + PRIOR_DOCUMENTS - prior],
      );
      return [{ word, z: ratio / deviation, least: ratio - CAUTION * deviation }];
    });
    const strongest = terms.filter(({ z }) => z > 0).sort((a, b) => b.least - a.least);
    return strongest.slice(0, top).map(({ word, z }) => ({ word, z }));
  });
}

interface DocumentFrequencies {
  /** Documents of each pile [k]. */
  readonly sizes: readonly number[];
  /** Documents in which each word stands [V]. */
  readonly inAll: Float64Array;
  readonly of: (pile: number, column: number) => number;
}

function documentFrequencies(counts: SparseRows, assignments: Int32Array, k: number): DocumentFrequencies {
  const { width, starts, columns } = counts;
  const inPile = new Float64Array(k * width);
  const inAll = new Float64Array(width);
  const sizes = new Array<number>(k).fill(0);
  assignments.forEach((pile, document) => {
    sizes[pile]++;
    for (let cell = starts[document]; cell < starts[document + 1]; cell++) {
      inPile[pile * width + columns[cell]]++;
      inAll[columns[cell]]++;
    }
  });
  return { sizes, inAll, of: (pile, column) => inPile[pile * width + column] };
}

function isCommon({ sizes, of }: DocumentFrequencies, own: number, column: number): boolean {
  const others = [...sizes.keys()].filter((pile) => pile !== own && sizes[pile] > 0);
  const share = (pile: number): number => of(pile, column) / sizes[pile];
  const aside = others.length > 1 ? others.reduce((a, b) => (share(b) > share(a) ? b : a)) : undefined;
  let [documents, all] = [0, 0];
  for (const pile of others) {
    if (pile === aside) continue;
    documents += of(pile, column);
    all += sizes[pile];
  }
  return documents > Math.max(1, COMMON * all);
}

/** The log-odds ratio of yes to no on two sides and its standard deviation, nats. All numbers are above 0. */
function logOdds(
  [yes, no]: readonly [number, number],
  [otherYes, otherNo]: readonly [number, number],
): { readonly ratio: number; readonly deviation: number } {
  return {
    ratio: Math.log(yes / no) - Math.log(otherYes / otherNo),
    deviation: Math.sqrt(1 / yes + 1 / no + 1 / otherYes + 1 / otherNo),
  };
}

/** "i'm", "don't": function words, however rare. */
const CONTRACTION = /['’]/u;

/** Tags, entities, also damaged ones, and addresses. */
const MARKUP = /<\/?[a-z!][^<>]*>|&\w+;|\b(?:quot|lt|gt|amp|nbsp|apos);|\b(?:https?:\/\/|www\.)\S+/giu;

/** A text without what is markup and no word of it. */
export const withoutMarkup = (text: string): string => text.replace(MARKUP, ' ');

/** Too short to name anything, in scripts where a letter is no word. */
const SHORT = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]{1,2}$/u;

/** A name for a pile: its first terms of more than two letters, such as "court, plaintiff, defendant". */
export function pileName(terms: readonly Term[], words = 3): string {
  const telling = terms.map(({ word }) => word).filter((word) => !SHORT.test(word));
  return telling.slice(0, words).join(', ') || 'unnamed';
}
