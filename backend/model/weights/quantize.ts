/** Rounding of weights in blocks, as ONNX Runtime's MatMulNBits reads them. */

/** Neighbours in a row that share a scale. */
export const blockLength = 32;

export type Bits = 8 | 4;

export interface Quantized {
  /** [rows, blocks, 32 · bits / 8]: unsigned codes; of two codes in a byte the first is in the lower half. */
  readonly codes: Uint8Array;
  /** [rows, blocks]: a weight is (code − 2^(bits − 1)) · scale. */
  readonly scales: Float32Array;
}

/** Blocks of a row of so many weights; the last one is filled up with zeros. */
export const blocksOf = (width: number): number => Math.ceil(width / blockLength);

/**
 * Rounds rows of `width` weights. A block's scale brings the weight of largest magnitude to the end of the range: with 8 bits either
 * end, ±127; with 4 bits the lower one, −8, so that 16 codes are used, as GGUF's Q4_0 does it.
 */
export function quantize(values: Float32Array, width: number, bits: Bits): Quantized {
  const blocks = blocksOf(width);
  const rows = values.length / width;
  const middle = 2 ** (bits - 1);
  const codes = new Uint8Array((rows * blocks * blockLength * bits) / 8);
  const scales = new Float32Array(rows * blocks);
  for (let block = 0; block < scales.length; block++) {
    const from = Math.floor(block / blocks) * width + (block % blocks) * blockLength;
    const length = Math.min(blockLength, width - (block % blocks) * blockLength);
    const scale = scaleOf(values, from, length, bits);
    scales[block] = scale;
    for (let i = 0; i < blockLength; i++) {
      const steps = i < length && scale !== 0 ? Math.round(values[from + i] / scale) : 0;
      const code = Math.min(2 * middle - 1, Math.max(0, steps + middle));
      const place = block * blockLength + i;
      if (bits === 8) codes[place] = code;
      else codes[place >>> 1] |= code << (4 * (place & 1));
    }
  }
  return { codes, scales };
}

function scaleOf(values: Float32Array, from: number, length: number, bits: Bits): number {
  let extreme = 0;
  for (let i = from; i < from + length; i++) if (Math.abs(values[i]) > Math.abs(extreme)) extreme = values[i];
  return Math.fround(bits === 8 ? Math.abs(extreme) / 127 : extreme / -8);
}
