/** Values as blocks, rounded as ggml's own reference code does it; dequantize.ts says what a block looks like. */
import { fromFloat32 } from '../../model/weights/floats';
import { toHalf } from '../../model/weights/safetensors';

/** Types that are written. */
export const writtenTypes = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0'] as const;
export type WrittenType = (typeof writtenTypes)[number];

/** Rows of values, whole blocks, as blocks. */
export const quantize: { readonly [T in WrittenType]: (values: Float32Array) => Uint8Array } = {
  F32: (values) => fromFloat32('F32', values),
  F16: (values) => fromFloat32('F16', values),
  BF16: (values) => fromFloat32('BF16', values),
  Q8_0: (values) =>
    blocks(values, 34, (block, bytes) => {
      const scale = factor(bytes, largest(block) / 127);
      block.forEach((value, i) => (bytes[2 + i] = rounded(value * scale)));
    }),
  // The value furthest from 0 becomes −8.
  Q4_0: (values) =>
    blocks(values, 18, (block, bytes) => {
      const scale = factor(bytes, furthest(block) / -8);
      const code = (value: number): number => Math.min(15, Math.trunc(Math.fround(Math.fround(value * scale) + 8.5)));
      for (let i = 0; i < 16; i++) bytes[2 + i] = code(block[i]) | (code(block[16 + i]) << 4);
    }),
};

const blockLength = 32;

function blocks(
  values: Float32Array,
  size: number,
  write: (block: Float32Array, bytes: Uint8Array) => void,
): Uint8Array {
  const result = new Uint8Array((values.length / blockLength) * size);
  for (let at = 0, out = 0; at < values.length; at += blockLength, out += size) {
    write(values.subarray(at, at + blockLength), result.subarray(out, out + size));
  }
  return result;
}

/** Writes the step between codes as a half, and tells by what values are multiplied. */
function factor(bytes: Uint8Array, step: number): number {
  const single = Math.fround(step);
  const [half] = toHalf(Float32Array.of(single));
  bytes[0] = half & 255;
  bytes[1] = half >> 8;
  return single === 0 ? 0 : Math.fround(1 / single);
}

const largest = (block: Float32Array): number => block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The first of the values whose size is the largest. */
const furthest = (block: Float32Array): number =>
  block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);

/** To the nearest whole number, halves away from 0. */
const rounded = (value: number): number => Math.sign(value) * Math.round(Math.abs(Math.fround(value)));
