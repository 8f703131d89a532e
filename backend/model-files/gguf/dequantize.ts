/**
 * Blocks of quantised weights as float32, with the values of ggml's own reference code. What a block looks like stands above
 * its function; d, m and the like are float16, and quants of 4 bits lie two in a byte, the first half of a block in the low
 * bits. Products and sums are made in float64 and rounded once: the factors have so few bits that this is what float32 gives.
 */
import type { FloatType } from '../../model/weights/finite';
import { toFloat32 } from '../../model/weights/floats';
import type { GgmlType } from './types';

/**
 * Turns whole blocks into values; `values` has room for exactly as many as `blocks` hold, which begin at a multiple of 4 in
 * their buffer.
 */
type Dequantize = (blocks: Uint8Array, values: Float32Array) => void;

/** All float16 values by their bits: 256 KB, made on first use. */
let halves: Float32Array | undefined;

function halfTable(): Float32Array {
  const bits = (): Uint16Array => Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  halves ??= toFloat32('F16', new Uint8Array(bits().buffer));
  return halves;
}

function plain(dtype: FloatType): Dequantize {
  return (bytes, values) => values.set(toFloat32(dtype, bytes));
}

/** Q8_0: d, 32 signed bytes. */
function q8_0(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 34, out += 32) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    for (let j = 0; j < 32; j++) values[out + j] = d * ((blocks[at + 2 + j] << 24) >> 24);
  }
}

/** Q4_0: d, 32 quants of 4 bits that stand for −8 … 7. */
function q4_0(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 18, out += 32) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 2 + j];
      values[out + j] = d * ((byte & 15) - 8);
      values[out + 16 + j] = d * ((byte >> 4) - 8);
    }
  }
}

/** Q4_1: d, m, 32 quants of 4 bits; a value is d·q + m. */
function q4_1(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 20, out += 32) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    const m = table[blocks[at + 2] | (blocks[at + 3] << 8)];
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 4 + j];
      values[out + j] = d * (byte & 15) + m;
      values[out + 16 + j] = d * (byte >> 4) + m;
    }
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Q5_0: d, the fifth bits of all 32 quants, their lower 4 bits; they stand for −16 … 15. */
function q5_0(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 22, out += 32) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    const high = word(blocks, at + 2);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 6 + j];
      values[out + j] = d * (((byte & 15) | (((high >>> j) & 1) << 4)) - 16);
      values[out + 16 + j] = d * (((byte >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  }
}

/** Q5_1: d, m, the fifth bits of all 32 quants, their lower 4 bits; a value is d·q + m. */
function q5_1(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 24, out += 32) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    const m = table[blocks[at + 2] | (blocks[at + 3] << 8)];
    const high = word(blocks, at + 4);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 8 + j];
      values[out + j] = d * ((byte & 15) | (((high >>> j) & 1) << 4)) + m;
      values[out + 16 + j] = d * ((byte >> 4) | (((high >>> (j + 16)) & 1) << 4)) + m;
    }
  }
}

/** Number `i` of the 8 scales of 6 bits that Q4_K and Q5_K keep in 12 bytes at `at`, and of the 8 minima beside them. */
function scale(bytes: Uint8Array, at: number, i: number): number {
  return i < 4 ? bytes[at + i] & 63 : (bytes[at + i + 4] & 15) | ((bytes[at + i - 4] >> 6) << 4);
}
function minimum(bytes: Uint8Array, at: number, i: number): number {
  return i < 4 ? bytes[at + i + 4] & 63 : (bytes[at + i + 4] >> 4) | ((bytes[at + i] >> 6) << 4);
}

/** Q4_K: d, dmin, scales and minima of 8 groups, 256 quants of 4 bits; a value is d·scale·q − dmin·minimum. */
function q4_K(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 144, out += 256) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    const dmin = table[blocks[at + 2] | (blocks[at + 3] << 8)];
    // Two groups of 32 share 32 bytes.
    for (let group = 0; group < 8; group++) {
      const a = d * scale(blocks, at + 4, group);
      const b = dmin * minimum(blocks, at + 4, group);
      const quants = at + 16 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let j = 0; j < 32; j++) values[out + group * 32 + j] = a * ((blocks[quants + j] >> shift) & 15) - b;
    }
  }
}

/** Q5_K: as Q4_K, with 32 bytes of fifth bits before the quants: bit g of byte j belongs to quant j of group g. */
function q5_K(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 176, out += 256) {
    const d = table[blocks[at] | (blocks[at + 1] << 8)];
    const dmin = table[blocks[at + 2] | (blocks[at + 3] << 8)];
    for (let group = 0; group < 8; group++) {
      const a = d * scale(blocks, at + 4, group);
      const b = dmin * minimum(blocks, at + 4, group);
      const quants = at + 48 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let j = 0; j < 32; j++) {
        const high = (blocks[at + 16 + j] >> group) & 1;
        values[out + group * 32 + j] = a * (((blocks[quants + j] >> shift) & 15) | (high << 4)) - b;
      }
    }
  }
}

/**
 * Q6_K: the lower 4 bits of 256 quants, their upper 2, 16 signed scales, d; quants stand for −32 … 31. Each half of 128 values
 * has 64 bytes of lower and 32 of upper bits: group g of 32 takes the low or high 4 bits and bits 2g, 2g + 1. Each 16 values
 * have a scale.
 */
function q6_K(blocks: Uint8Array, values: Float32Array): void {
  const table = halfTable();
  for (let at = 0, out = 0; out < values.length; at += 210, out += 256) {
    const d = table[blocks[at + 208] | (blocks[at + 209] << 8)];
    for (let part = 0; part < 16; part++) {
      const group = part >> 1;
      const half = group >> 2;
      const low = at + half * 64 + (group & 1) * 32 + (part & 1) * 16;
      const high = at + 128 + half * 32 + (part & 1) * 16;
      const lowShift = (group & 2) * 2;
      const highShift = (group & 3) * 2;
      const a = d * ((blocks[at + 192 + part] << 24) >> 24);
      for (let j = 0; j < 16; j++) {
        const quant = ((blocks[low + j] >> lowShift) & 15) | (((blocks[high + j] >> highShift) & 3) << 4);
        values[out + part * 16 + j] = a * (quant - 32);
      }
    }
  }
}

export const dequantize: Readonly<Record<GgmlType['name'], Dequantize>> = {
  F32: plain('F32'),
  F16: plain('F16'),
  BF16: plain('BF16'),
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q4_K: q4_K,
  Q5_K: q5_K,
  Q6_K: q6_K,
};
