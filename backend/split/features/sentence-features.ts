import type { SentenceEncoder } from '../../model/sentence-encoder';
import { offer, once, plainCodec } from '../../base/checkpoint';
import { renamed, type Watch } from '../../base/progress';
import type { Raw } from '../../base/settings';
import type { TokenizedCorpus } from '../../corpus/tokenized';
import type { DenseRows } from './dense';
import { encoderNamed } from './settings';

/** Texts that are encoded between two points from which the work can go on. */
const shard = 128;

interface SentenceState extends Record<string, unknown> {
  readonly done: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** The training documents as the sentence encoder of these settings sees them, `[N, D]`; undefined where they ask for none. */
export async function sentenceVectors(
  task: {
    readonly corpus: TokenizedCorpus;
    readonly open: { readonly encoder: (name: string) => Promise<SentenceEncoder> };
    readonly watch: Watch;
  },
  values: Raw,
): Promise<DenseRows | undefined> {
  const { corpus, open, watch } = task;
  const name = encoderNamed(values);
  if (name === undefined) return undefined;
  return once(renamed(watch, 'Reading documents'), 'vectors', plainCodec<DenseRows>(), async (part) => {
    const encoder = await open.encoder(name);
    try {
      return await sentenceFeatures(
        encoder,
        corpus.train.map(({ text }) => text),
        part,
      );
    } finally {
      await encoder.dispose();
    }
  });
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
