import type { SparseRows } from './word-counts';

/** The weight of each word, ln((1 + N) / (1 + documents with it)) + 1: scikit-learn's smooth idf. Shape `[V]`. */
export function inverseDocumentFrequency(counts: SparseRows): Float32Array {
  const documents = new Float64Array(counts.width);
  for (const column of counts.columns) documents[column]++;
  return Float32Array.from(documents, (frequency) => Math.log((1 + counts.count) / (1 + frequency)) + 1);
}

/** Rows of (1 + ln count) · idf, each of length 1; an empty row stays empty. The damped count keeps long texts from shouting. */
export function tfidf(counts: SparseRows, idf: Float32Array): SparseRows {
  const values = counts.values.map((count, i) => (1 + Math.log(count)) * idf[counts.columns[i]]);
  for (let row = 0; row < counts.count; row++) {
    const cells = values.subarray(counts.starts[row], counts.starts[row + 1]);
    const length = Math.sqrt(cells.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < cells.length; i++) cells[i] /= length;
  }
  return { ...counts, values };
}
