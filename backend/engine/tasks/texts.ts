import { z } from 'zod';
import { bytes, int32s } from '../../base/bundle';
import type { TrainingText } from '../../train/batches';

/** Token sequences as two arrays: all tokens in a row, and the length of each; and of texts to learn from which tokens count. */
export const packedTexts = z.strictObject({ tokens: int32s, lengths: int32s, counted: bytes.optional() });
export type PackedTexts = Readonly<z.infer<typeof packedTexts>>;

export function packTexts(texts: readonly Int32Array[]): PackedTexts {
  const lengths = Int32Array.from(texts, ({ length }) => length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const text of texts) {
    tokens.set(text, at);
    at += text.length;
  }
  return { tokens, lengths };
}

export function unpackTexts({ tokens, lengths }: PackedTexts): Int32Array[] {
  let at = 0;
  return Array.from(lengths, (length) => tokens.subarray(at, (at += length)));
}

export function packTrainingTexts(texts: readonly TrainingText[]): PackedTexts {
  const packed = packTexts(texts.map(({ tokens }) => tokens));
  if (texts.every(({ counted }) => counted === undefined)) return packed;
  return {
    ...packed,
    counted: Buffer.concat(texts.map(({ tokens, counted }) => counted ?? new Uint8Array(tokens.length).fill(1))),
  };
}

export function unpackTrainingTexts(packed: PackedTexts): TrainingText[] {
  let at = 0;
  return unpackTexts(packed).map((tokens) => {
    const counted = packed.counted?.subarray(at, (at += tokens.length));
    return { tokens, counted };
  });
}
