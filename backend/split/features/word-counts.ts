import { UserError } from '../../base/errors';
import { wordsIn } from './words';

/**
 * Sparse rows (CSR): row i holds `values[starts[i] … starts[i+1])` at `columns[…]`, ascending within a row.
 * `starts` has one entry more than there are rows.
 */
export interface SparseRows {
  readonly count: number;
  readonly width: number;
  readonly starts: Float64Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** The words that are counted, most frequent by documents first; a word's column is its place. */
export interface Vocabulary {
  readonly words: readonly string[];
  readonly columns: ReadonlyMap<string, number>;
}

export interface VocabularyOptions {
  /** Words of fewer documents are not counted; default 2. */
  readonly minDocuments?: number;
  /** Of more words than this the rarest are not counted: it bounds the memory of whatever is kept per word. Default 50,000. */
  readonly maxWords?: number;
}

/** The vocabulary of the texts. Memory: one map entry per different word. */
export function buildVocabulary(texts: readonly string[], options: VocabularyOptions = {}): Vocabulary {
  const { minDocuments = 2, maxWords = 50_000 } = options;
  const documentFrequency = new Map<string, number>();
  for (const text of texts) {
    for (const word of new Set(wordsIn(text))) documentFrequency.set(word, (documentFrequency.get(word) ?? 0) + 1);
  }
  const words = [...documentFrequency]
    .filter(([, frequency]) => frequency >= minDocuments)
    .sort(([a, fa], [b, fb]) => fb - fa || (a < b ? -1 : 1))
    .slice(0, maxWords)
    .map(([word]) => word);
  return { words, columns: new Map(words.map((word, column) => [word, column])) };
}

/** Throws UserError where no word stands in two texts. */
export function requireSharedWords({ words }: Vocabulary): void {
  if (words.length > 0) return;
  throw new UserError('No two documents share a word, so they cannot be compared.', 'Import more or longer documents.');
}

/** How often each word of the vocabulary stands in each text. Other words are passed over, so a row may be empty. */
export function countWords(texts: readonly string[], vocabulary: Vocabulary): SparseRows {
  const starts = new Float64Array(texts.length + 1);
  let columns = new Int32Array(1024);
  let values = new Float32Array(1024);
  let used = 0;
  const inRow = new Map<number, number>();
  texts.forEach((text, row) => {
    inRow.clear();
    for (const word of wordsIn(text)) {
      const column = vocabulary.columns.get(word);
      if (column !== undefined) inRow.set(column, (inRow.get(column) ?? 0) + 1);
    }
    if (used + inRow.size > columns.length) {
      const capacity = 2 * (used + inRow.size);
      columns = grown(columns, new Int32Array(capacity));
      values = grown(values, new Float32Array(capacity));
    }
    for (const column of Int32Array.from(inRow.keys()).sort()) {
      columns[used] = column;
      values[used++] = inRow.get(column) ?? 0;
    }
    starts[row + 1] = used;
  });
  const width = vocabulary.words.length;
  return { count: texts.length, width, starts, columns: columns.slice(0, used), values: values.slice(0, used) };
}

/**
 * log2(1 + count): who has used a word once uses it again sooner than chance would, so each repetition says less of the text (Rennie et
 * al. 2003, for naive Bayes).
 */
export function dampened(counts: SparseRows): SparseRows {
  return { ...counts, values: counts.values.map((count) => Math.log2(1 + count)) };
}

function grown<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
