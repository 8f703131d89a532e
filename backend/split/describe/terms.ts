import { NUMBER } from '../features/words';
import type { SparseRows, Vocabulary } from '../features/word-counts';
import { functionWords } from './function-words';

/** Documents like those of the corpus added to each pile before piles are compared: small ones need that much more evidence. */
const PRIOR_DOCUMENTS = 10;

/** A word of fewer documents of a pile says nothing about it. */
const FEWEST = 2;

/** A word that stands in such a share of the documents of half of the other piles is common: in any language it tells no topic. */
const COMMON = 0.1;

/** A share elsewhere that counts as none. Without it the rarest words of a large corpus would lead. */
const HARDLY = 0.001;

/** A word that marks a pile. */
export interface Term {
  readonly word: string;
  /** By class-based tf-idf, √share · ln(share / elsewhere): above 0. */
  readonly weight: number;
  /** Of the documents of the pile, those that have it. */
  readonly share: number;
  /** Of those of the other piles. */
  readonly elsewhere: number;
}

/**
 * The words that mark each pile off from all others, strongest first, by class-based tf-idf (Grootendorst 2022) over documents that have
 * a word, because what one of them repeats names no pile: the frequency is the share of the pile's documents, by its root as in Lucene's
 * tf-idf, and the rest is how much smaller that is in the other piles, each of which counts alike. At most `top` a pile, none that is no
 * more frequent there; no numbers, single letters, contractions or function words. `counts` are of the documents in the piles; returns one
 * list per pile.
 */
export function characteristicTerms(
  counts: SparseRows,
  vocabulary: Vocabulary,
  assignments: Int32Array,
  k: number,
  top = 10,
): Term[][] {
  const { sizes, of, inAll } = documentFrequencies(counts, assignments, k);
  const living = [...sizes.keys()].filter((pile) => sizes[pile] > 0);
  const smoothed = (pile: number, column: number): number =>
    (of(pile, column) + (PRIOR_DOCUMENTS * inAll[column]) / counts.count) / (sizes[pile] + PRIOR_DOCUMENTS);

  const marking = (pile: number, column: number): Term[] => {
    const documents = of(pile, column);
    const others = living.filter((other) => other !== pile);
    if (documents < FEWEST || others.length === 0) return [];
    if (median(others.map((other) => of(other, column) / sizes[other])) > COMMON) return [];
    const [own, elsewhere] = [smoothed(pile, column), mean(others.map((other) => smoothed(other, column)))];
    const weight = Math.sqrt(own) * Math.log(own / (elsewhere + HARDLY));
    if (weight <= 0) return [];
    return [
      {
        word: vocabulary.words[column],
        weight,
        share: documents / sizes[pile],
        elsewhere: (inAll[column] - documents) / (counts.count - sizes[pile]),
      },
    ];
  };
  const telling = [...vocabulary.words.keys()].filter((column) => isTelling(vocabulary.words[column]));
  return sizes.map((size, pile) => {
    if (size === 0) return [];
    const grammar = functionWords(vocabulary.words.map((word, column) => [word, of(pile, column)]));
    const terms = telling.flatMap((column) => (grammar.has(vocabulary.words[column]) ? [] : marking(pile, column)));
    return terms.sort((a, b) => b.weight - a.weight).slice(0, top);
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

/** The upper one of two. */
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

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

/** In scripts where a letter is no word; what Japanese writes with Hiragana alone is mostly grammar. */
const letters = (most: number): RegExp =>
  new RegExp(`^[\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{Script=Hiragana}]{1,${most}}$`, 'u');
const LETTER = letters(1);
/** Too short to name anything. */
const SHORT = letters(2);

/** "i'm", "don't": function words, however rare. */
const CONTRACTION = /['’]/u;

const isTelling = (word: string): boolean => word !== NUMBER && !CONTRACTION.test(word) && !LETTER.test(word);

/** Line breaks written out, and entities that stand for what tags are made of, also damaged ones. */
const ESCAPES: readonly (readonly [RegExp, string])[] = [
  [/\\[nrt](?![a-z])/gu, ' '],
  [/&(?:amp;)?lt;|\blt;/giu, '<'],
  [/&(?:amp;)?gt;|\bgt;/giu, '>'],
  [/&(?:amp;)?quot;|\bquot;/giu, '"'],
];

/** Tags, other entities and addresses. */
const MARKUP = /<\/?[a-z!][^<>]*>|&#?\w+;|#\d+;|\b(?:amp|nbsp|apos);|\b(?:https?:\/\/|www\.)\S+/giu;

/** A text without what is markup and no word of it. */
export const withoutMarkup = (text: string): string =>
  ESCAPES.reduce((read, [escape, character]) => read.replace(escape, character), text).replace(MARKUP, ' ');

/** A name for a pile: its first terms of more than two letters that are no forms of each other, such as "court, plaintiff, defendant". */
export function pileName(terms: readonly Pick<Term, 'word'>[], words = 3): string {
  const chosen: string[] = [];
  for (const { word } of terms) {
    if (chosen.length < words && !SHORT.test(word) && !chosen.some((other) => areForms(word, other))) chosen.push(word);
  }
  return chosen.join(', ') || 'unnamed';
}

/** Whether two words differ in their ends alone, as "poem" and "poems" or "Vertrag" and "Vertrages" do. */
function areForms(a: string, b: string): boolean {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  return same >= 4 && Math.max(a.length, b.length) - same <= 4;
}
