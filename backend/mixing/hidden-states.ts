import type { AdapterStack } from '../model/adapters/adapter';
import type { LanguageModel } from '../model/language-model';
import { scoreBatches } from '../model/score';

/**
 * Hidden states after the final norm of every expert [k, P, D], at chosen places of token sequences: P are the places of the first
 * sequence, then those of the second, and so on. `onBatch` is told how many sequences were read.
 */
export async function hiddenAt(
  model: LanguageModel,
  stack: AdapterStack,
  sequences: readonly Int32Array[],
  positions: readonly Int32Array[],
  onBatch: (sequences: number) => void,
): Promise<Float32Array> {
  const { count: k, config } = stack;
  const D = config.hiddenSize;
  let P = 0;
  const firsts = positions.map(({ length }) => (P += length) - length);
  const result = new Float32Array(k * P * D);
  await scoreBatches(
    model,
    sequences,
    stack,
    ({ indices, T, hidden = new Float32Array(0) }) => {
      indices.forEach((index, row) => {
        for (let e = 0; e < k; e++) {
          positions[index].forEach((t, i) => {
            const from = ((e * indices.length + row) * T + t) * D;
            result.set(hidden.subarray(from, from + D), (e * P + firsts[index] + i) * D);
          });
        }
      });
      onBatch(indices.length);
    },
    { hidden: true },
  );
  return result;
}
