/** Weights that are numbers: a single NaN or infinity spreads to everything that a model says. */
import { open } from 'node:fs/promises';
import { UserError } from '../../base/errors';
import type { TensorEntry } from './safetensors';

export type FloatType = 'F32' | 'F16' | 'BF16';
/** As Python calls them. */
export const floatNames: Readonly<Record<FloatType, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/**
 * Exponent bits of a 32-bit word of this type, and the lowest of them: where all of an exponent's bits are set the value is
 * not finite, and adding the lowest bit carries into the sign. F16 and BF16 have two values in a word.
 */
const exponents: Readonly<Record<FloatType, readonly [mask: number, lowest: number]>> = {
  F32: [0x7f800000, 0x00800000],
  BF16: [0x7f807f80, 0x00800080],
  F16: [0x7c007c00, 0x04000400],
};

/** Whether all values are finite. `bytes` must begin at a multiple of 4 in its buffer. */
export function allFinite(dtype: FloatType, bytes: Uint8Array): boolean {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  const [mask, lowest] = exponents[dtype];
  const signs = dtype === 'F32' ? 0x80000000 : 0x80008000;
  let carried = 0;
  for (let i = 0; i < words.length; i++) carried |= (words[i] & mask) + lowest;
  // An odd number of halves: the last one alone.
  if (bytes.length % 4 !== 0) carried |= ((bytes[bytes.length - 2] | (bytes[bytes.length - 1] << 8)) & mask) + lowest;
  return (carried & signs) === 0;
}

export function notFinite(path: string, tensor: string): UserError {
  return new UserError(
    `${path} is broken: ${tensor} holds values that are no numbers (NaN or infinite).`,
    'Fetch it again, or make it again where it was made.',
  );
}

/** Bytes that are read at once: large enough for a disk's speed, small beside any model. */
const pieceBytes = 2 ** 22;

/** Reads all weights once, piece by piece, and throws UserError at the first that holds a NaN or an infinity. */
export async function checkFinite(path: string, entries: ReadonlyMap<string, TensorEntry>): Promise<void> {
  const buffer = new Uint8Array(pieceBytes);
  const file = await open(path, 'r');
  try {
    for (const [name, { dtype, offset, length }] of entries) {
      if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') continue;
      for (let done = 0; done < length; done += pieceBytes) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(pieceBytes, length - done), offset + done);
        if (!allFinite(dtype, buffer.subarray(0, bytesRead))) throw notFinite(path, name);
      }
    }
  } finally {
    await file.close();
  }
}
