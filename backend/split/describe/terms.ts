import { NUMBER } from '../features/words';
import type { SparseRows, Vocabulary } from '../features/word-counts';

/** Words of the corpus added to every pile before it is compared: rare words need that much more evidence. */
const PRIOR_WORDS = 1000;

/**
 * A word that stands in more documents than this share of an average pile's is left out. Function words differ between
 * piles too ("you" in dialogue), with great certainty for being frequent, but tell a reader nothing.
 */
const COMMONEST = 0.5;

/** A word that marks a pile. */
export interface Term {
  readonly word: string;
  /** Log-odds against the other piles, in standard deviations. */
  readonly z: number;
  /** How often it stands in the pile. */
  readonly count: number;
}

/**
 * The words that mark each pile off from all others, strongest first: log-odds ratio with an informative Dirichlet prior,
 * here the corpus (Monroe, Colaresi and Quinn 2008, equations 16 and 22). At most `top` a pile, none with z ≤ 0, and no
 * numbers or function words.
 * `counts` are of the documents in the piles; returns one list per pile.
 */
export function characteristicTerms(
  counts: SparseRows,
  vocabulary: Vocabulary,
  assignments: Int32Array,
  k: number,
  top = 10,
): Term[][] {
  const { width } = counts;
  const inPile = new Float64Array(k * width);
  const inCorpus = new Float64Array(width);
  const documents = new Float64Array(width);
  const totals = new Float64Array(k);
  assignments.forEach((pile, document) => {
    for (let cell = counts.starts[document]; cell < counts.starts[document + 1]; cell++) {
      inPile[pile * width + counts.columns[cell]] += counts.values[cell];
      inCorpus[counts.columns[cell]] += counts.values[cell];
      documents[counts.columns[cell]]++;
      totals[pile] += counts.values[cell];
    }
  });
  const commonest = Math.max(1, (COMMONEST * counts.count) / k);
  const total = totals.reduce((sum, words) => sum + words, 0);

  return Array.from(totals, (pileTotal, pile) => {
    const terms = vocabulary.words.map((word, column) => {
      const count = inPile[pile * width + column];
      const prior = (PRIOR_WORDS * inCorpus[column]) / total;
      const [here, there] = [count + prior, inCorpus[column] - count + prior];
      const odds = Math.log(here / (pileTotal + PRIOR_WORDS - here));
      const oddsElsewhere = Math.log(there / (total - pileTotal + PRIOR_WORDS - there));
      return { word, z: (odds - oddsElsewhere) / Math.sqrt(1 / here + 1 / there), count };
    });
    return terms
      .filter(({ word, z }, column) => z > 0 && word !== NUMBER && documents[column] <= commonest)
      .sort((a, b) => b.z - a.z)
      .slice(0, top);
  });
}

/** A name for a pile: its first terms of more than one letter, such as "court, plaintiff, defendant". */
export function pileName(terms: readonly Term[], words = 3): string {
  const telling = terms.map(({ word }) => word).filter((word) => !/^\p{Script=Latin}$/u.test(word));
  return telling.slice(0, words).join(', ') || 'unnamed';
}
