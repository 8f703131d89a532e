import type { SentenceEncoder } from '../../model/sentence-encoder';
import { offer } from '../../base/checkpoint';
import type { Watch } from '../../base/progress';
import type { DenseRows } from './dense';

/** Texts that are encoded between two points from which the work can go on. */
const shard = 128;

interface SentenceState extends Record<string, unknown> {
  readonly done: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Documents as a sentence encoder sees their beginnings, `[N, D]`, each of length 1. */
export async function sentenceFeatures(
  encoder: SentenceEncoder,
  texts: readonly string[],
  watch: Watch,
): Promise<DenseRows> {
  const kept = watch.checkpointer?.load('sentences') as SentenceState | undefined;
  let { done, width, values }: SentenceState = kept ?? { done: 0, width: 0, values: new Float32Array(0) };
  const tell = (here: number): void =>
    watch.report({ stage: 'reading documents', done: here, total: texts.length, unit: 'documents' });
  while (done < texts.length) {
    const before = done;
    const part = await encoder.encode(texts.slice(done, done + shard), (here) => tell(before + here), watch);
    if (width === 0) {
      width = part.width;
      values = new Float32Array(texts.length * width);
    }
    values.set(part.values, done * width);
    done = Math.min(texts.length, done + shard);
    await offer(watch, 'sentences', () => ({ done, width, values }));
  }
  return { count: texts.length, width, values: Float64Array.from(values) };
}
