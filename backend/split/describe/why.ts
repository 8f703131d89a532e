import { characteristicTerms, type Term, withoutMarkup } from './terms';
import { inverseDocumentFrequency, tfidf } from '../features/tfidf';
import { buildVocabulary, countWords, type SparseRows } from '../features/word-counts';

/** What speaks for the pile of one document. */
export interface PileEvidence {
  /** Words that mark the pile and stand in the document, so often, the most telling first. */
  readonly terms: readonly (Term & { readonly count: number })[];
  /** The rows that are most like it, by the cosine of tf-idf; none with which it shares no word. */
  readonly neighbours: readonly { readonly row: number; readonly similarity: number }[];
}

/** Words and neighbours that are told. */
const told = { terms: 12, neighbours: 6 };

/** Compares the document in a row with all others. `piles` is of the rows. */
export function evidenceFor(documents: readonly string[], piles: Int32Array, k: number, row: number): PileEvidence {
  const texts = documents.map(withoutMarkup);
  const vocabulary = buildVocabulary(texts);
  const counts = countWords(texts, vocabulary);
  const own = wordsOfRow(counts, row);
  const marking = characteristicTerms(counts, vocabulary, piles, k, vocabulary.words.length)[piles[row]];
  const terms = marking.flatMap((term) => {
    const count = own.get(vocabulary.columns.get(term.word) ?? -1);
    return count === undefined ? [] : [{ ...term, count }];
  });
  return { terms: terms.slice(0, told.terms), neighbours: nearest(counts, row) };
}

function nearest(counts: SparseRows, row: number): PileEvidence['neighbours'] {
  const weighted = tfidf(counts, inverseDocumentFrequency(counts));
  const own = wordsOfRow(weighted, row);
  const similarities = Array.from({ length: weighted.count }, (_, other) => {
    let similarity = 0;
    for (let cell = weighted.starts[other]; cell < weighted.starts[other + 1]; cell++) {
      similarity += weighted.values[cell] * (own.get(weighted.columns[cell]) ?? 0);
    }
    return { row: other, similarity };
  });
  return similarities
    .filter((other) => other.row !== row && other.similarity > 0)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, told.neighbours);
}

/** The values of a row by column. */
function wordsOfRow({ starts, columns, values }: SparseRows, row: number): Map<number, number> {
  const words = new Map<number, number>();
  for (let cell = starts[row]; cell < starts[row + 1]; cell++) words.set(columns[cell], values[cell]);
  return words;
}
