/** What a weighting is fitted to: how k experts read texts, in this process or by tasks elsewhere. */
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { scoreBatches } from '../model/score';
import type { Evidence } from './evidence';
import { baseColumn } from './base-column';
import { textEvidence, type Weighed } from './text-evidence';

/** Told how many sequences more were read. */
export type OnRead = (sequences: number) => void;

/** Each expert's own hidden states, or those of the base model, which are the same for all. */
export type StatesOf = 'experts' | 'base';

/** Who reads for these states. */
export const readersOf = (stack: ExpertStack, whose: StatesOf): ExpertStack =>
  whose === 'base' ? baseColumn(stack.config) : stack;

/** Reads token sequences with their prefix tokens, each as one stretch. `onRead` stops the reading by throwing. */
export interface ExpertReading {
  /**
   * Hidden states after the final norm of every expert [k, P, D], or of the base model alone [1, P, D], at chosen places of the sequences:
   * P are the places of the first sequence, then those of the second, and so on.
   */
  hidden(
    whose: StatesOf,
    sequences: readonly Int32Array[],
    positions: readonly Int32Array[],
    onRead: OnRead,
  ): Promise<Float32Array>;
  /** What a weighting needs of each sequence. */
  evidence(sequences: readonly Int32Array[], weighting: Weighed, onRead: OnRead): Promise<Evidence[]>;
}

/** In this process. */
export function readHere(model: LanguageModel, stack: ExpertStack): ExpertReading {
  return {
    hidden: (whose, ...read) => hiddenAt(model, readersOf(stack, whose), ...read),
    evidence: async (sequences, weighting, onRead) => {
      const texts = sequences.map((sequence) => [sequence]);
      return (await textEvidence(model, stack, weighting, texts, onRead)).flat();
    },
  };
}

/** See `ExpertReading.hidden`. */
export async function hiddenAt(
  model: LanguageModel,
  stack: ExpertStack,
  sequences: readonly Int32Array[],
  positions: readonly Int32Array[],
  onRead: OnRead,
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
      onRead(indices.length);
    },
    { hidden: true },
  );
  return result;
}
