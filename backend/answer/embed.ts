/** Texts as vectors: by what a model makes of them, or by a sentence encoder. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ReferenceCountedCache } from '../base/cache';
import { UserError } from '../base/errors';
import { Decoder } from '../model/decoding/decoder';
import { SentenceEncoder } from '../model/sentence-encoder';
import { findEncoder } from '../model-files/source';
import type { Prompt } from '../protocol/answers';
import type { Embeddings, GivenTexts } from '../protocol/inference';
import type { LoadedModel } from './answerer';
import type { Answerers } from './answerers';
import { openingOf } from './prompt';

export class Embedder {
  private readonly encoders = new ReferenceCountedCache<SentenceEncoder>(1, (encoder) => encoder.dispose());

  constructor(private readonly answerers: Answerers) {}

  /** Throws UserError where it cannot be opened or makes no vectors, or a text is longer than it reads. */
  embed({ by, texts, ...place }: GivenTexts, signal: AbortSignal): Promise<Embeddings> {
    if (by.kind !== 'encoder') {
      return this.answerers.use({ answerer: by, ...place }, (answerer) => {
        if (answerer.embed !== undefined) return answerer.embed(texts, signal);
        const message = 'Several experts that answer together have no one hidden state that a vector could be made of.';
        throw new UserError(message, 'Ask one expert, the base model, or a sentence encoder.');
      });
    }
    const read = texts.filter((text) => typeof text === 'string');
    if (read.length < texts.length)
      throw new UserError('A sentence encoder reads text and no token ids.', 'Send text.');
    const open = async (): Promise<SentenceEncoder> => SentenceEncoder.open(await findEncoder(by.model));
    return this.encoders.use(by.model, open, async (encoder) => {
      const { width, values } = await encoder.encode(read, undefined, { signal });
      return { vectors: read.map((_, i) => values.slice(i * width, (i + 1) * width)), tokens: encoder.tokensOf(read) };
    });
  }
}

/** Of each text the mean [D] of a model's hidden states after the final norm, of length 1. */
export async function meanHiddenStates(
  { model, stack }: LoadedModel,
  texts: readonly Exclude<Prompt, unknown[]>[],
  signal: AbortSignal,
): Promise<Embeddings> {
  const vectors: Float32Array[] = [];
  let count = 0;
  for (const text of texts) {
    const { tokens } = openingOf(model, text, { shorten: false, maxTokens: 0 });
    const decoder = await Decoder.create(model, stack);
    try {
      vectors.push(unitMean((await decoder.read(tokens)).hidden, tokens.length));
    } finally {
      decoder.dispose();
    }
    count += tokens.length;
    await nextTurn();
    signal.throwIfAborted();
  }
  return { vectors, tokens: count };
}

/** The mean of rows [T, D], of length 1; the sum has the same direction. */
function unitMean(rows: Float32Array, T: number): Float32Array {
  const sum = new Float64Array(rows.length / T);
  rows.forEach((value, i) => (sum[i % sum.length] += value));
  const length = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => value / length);
}
