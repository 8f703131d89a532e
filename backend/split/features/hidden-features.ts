import type { LanguageModel } from '../../model/language-model';
import { scoreBatches } from '../../model/score';
import type { Watch } from '../../base/progress';
import { addScaled, type DenseRows } from './dense';

/** Tokens of a document that are read. */
export const hiddenPrefix = 128;

/**
 * Documents as a base model sees them: the mean of its last hidden states over the beginning of each, `[N, D]`, less the mean of all
 * documents and of length 1. A document without a token is zero. `read` gives the means, `SplitComputing.meanStates`.
 */
export async function hiddenFeatures(
  documents: readonly Int32Array[],
  read: (sequences: readonly Int32Array[]) => Promise<Float64Array>,
): Promise<DenseRows> {
  const values = await read(documents.map((tokens) => tokens.subarray(0, hiddenPrefix + 1)));
  const rows = { count: documents.length, width: values.length / documents.length, values };
  centre(rows);
  return rows;
}

/** Means of a base model's last hidden states over each token sequence, [N, D]; zeros where it has no token. */
export async function meanStates(
  model: LanguageModel,
  sequences: readonly Int32Array[],
  watch: Watch,
): Promise<Float64Array> {
  const { hiddenSize: D } = model.config;
  const values = new Float64Array(sequences.length * D);
  let done = 0;
  await scoreBatches(
    model,
    sequences,
    undefined,
    ({ indices, T, hidden = new Float32Array(0) }) => {
      watch.signal.throwIfAborted();
      indices.forEach((document, row) => {
        const length = sequences[document].length - 1;
        for (let t = 0; t < length; t++) {
          const from = (row * T + t) * D;
          for (let i = 0; i < D; i++) values[document * D + i] += hidden[from + i] / length;
        }
      });
      done += indices.length;
      watch.report({ stage: 'reading documents', done, total: sequences.length, unit: 'documents' });
    },
    { hidden: true },
  );
  return values;
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
