/** Weights as numbers: float32, and the two halves that models are kept in. */
import { open } from 'node:fs/promises';
import { UserError } from '../../base/errors';
import { allFinite, type FloatType, notFinite } from './finite';
import { readSafetensorsHeader, type TensorEntry, toHalf } from './safetensors';

export function isFloatType(dtype: TensorEntry['dtype']): dtype is FloatType {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Little-endian bytes of a type as float32; exact for all three. `bytes` must begin at a multiple of 4 in its buffer. */
export function toFloat32(dtype: FloatType, { buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, byteLength / 4);
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = dtype === 'BF16' ? halves[i] << 16 : fromHalf(halves[i]);
  return new Float32Array(words.buffer);
}

/** The bits of a half-precision number as those of a single. */
function fromHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // A subnormal half is a normal single: its first bit becomes the hidden one.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/** A tensor as numbers. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads all tensors of a safetensors file as float32. Throws UserError for other types and for values that are no numbers. */
export async function readFloatTensors(
  path: string,
  header?: ReadonlyMap<string, TensorEntry>,
): Promise<Map<string, FloatTensor>> {
  const entries = header ?? (await readSafetensorsHeader(path));
  const tensors = new Map<string, FloatTensor>();
  const file = await open(path, 'r');
  try {
    for (const [name, { dtype, shape, offset, length }] of entries) {
      if (!isFloatType(dtype)) {
        throw new UserError(`${path} holds ${name} as ${dtype}.`, 'Save it again in float32, float16 or bfloat16.');
      }
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, offset);
      if (!allFinite(dtype, bytes)) throw notFinite(path, name);
      tensors.set(name, { shape, data: toFloat32(dtype, bytes) });
    }
  } finally {
    await file.close();
  }
  return tensors;
}

/** Rounds to a type, ties to even; its little-endian bytes. A value beyond the type's range becomes infinite. */
export function fromFloat32(dtype: FloatType, values: Float32Array): Uint8Array {
  const rounded = dtype === 'F32' ? values : dtype === 'F16' ? toHalf(values) : toBfloat16(values);
  return new Uint8Array(rounded.buffer, rounded.byteOffset, rounded.byteLength);
}

/** The upper half of a single, rounded. */
function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (b) => (b + 0x7fff + ((b >>> 16) & 1)) >>> 16);
}
