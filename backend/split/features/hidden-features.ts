import type { LanguageModel } from '../../model/language-model';
import { scoreBatches } from '../../model/score';
import type { Watch } from '../../base/progress';
import { addScaled, type DenseRows } from './dense';

/** Tokens of a document that are read. */
export const hiddenPrefix = 128;

/**
 * Documents as a base model sees them: the mean of its last hidden states over the beginning of each, `[N, D]`, less the mean of all
 * documents and of length 1. A document without a token is zero.
 */
export async function hiddenFeatures(
  model: LanguageModel,
  documents: readonly Int32Array[],
  watch: Watch,
): Promise<DenseRows> {
  const { hiddenSize: D } = model.config;
  const values = new Float64Array(documents.length * D);
  const beginnings = documents.map((tokens) => tokens.subarray(0, hiddenPrefix + 1));
  let done = 0;
  await scoreBatches(
    model,
    beginnings,
    undefined,
    ({ indices, T, hidden = new Float32Array(0) }) => {
      watch.signal.throwIfAborted();
      indices.forEach((document, row) => {
        const length = beginnings[document].length - 1;
        for (let t = 0; t < length; t++) {
          const from = (row * T + t) * D;
          for (let i = 0; i < D; i++) values[document * D + i] += hidden[from + i] / length;
        }
      });
      done += indices.length;
      watch.report({ stage: 'reading documents', done, total: documents.length, unit: 'documents' });
    },
    { hidden: true },
  );
  const rows = { count: documents.length, width: D, values };
  centre(rows);
  return rows;
}

/** What all documents share says nothing of any of them. */
function centre({ count, width, values }: DenseRows): void {
  const mean = new Float64Array(width);
  for (let row = 0; row < count; row++) addScaled(mean, 0, values, row * width, 1 / count, width);
  for (let row = 0; row < count; row++) {
    addScaled(values, row * width, mean, 0, -1, width);
    const own = values.subarray(row * width, (row + 1) * width);
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) own.forEach((value, i) => (own[i] = value / length));
  }
}
