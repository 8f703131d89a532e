import { z } from 'zod';
import { int32s } from '../../base/bundle';

/** Token sequences as two arrays: all tokens in a row, and the length of each. */
export const packedTexts = z.strictObject({ tokens: int32s, lengths: int32s });
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
