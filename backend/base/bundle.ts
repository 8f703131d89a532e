/**
 * JSON with typed arrays in one sequence of bytes: what checkpoints, results of runs and binary frames are made of.
 *
 *     "PMB1" · header length (uint32, little endian) · header (JSON) · padding to 8 bytes · arrays, each padded to 8 bytes
 *
 * The header holds the caller's JSON, the place of each array, and the SHA-256 of the arrays' bytes.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const arrayTypes = { Float32Array, Float64Array, Int32Array, Uint8Array, Uint32Array } as const;
type ArrayType = keyof typeof arrayTypes;
export type BundleArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint32Array;

export interface Bundle {
  readonly json: unknown;
  readonly arrays: ReadonlyMap<string, BundleArray>;
}

const magic = Buffer.from('PMB1');
const headerSchema = z.strictObject({
  json: z.unknown(),
  sha256: z.string(),
  arrays: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(Object.keys(arrayTypes) as [ArrayType, ...ArrayType[]]),
      offset: z.int().nonnegative(),
      length: z.int().nonnegative(),
    }),
  ),
});

/** What is not a whole bundle: cut short, flipped bits, or something else altogether. */
export class DamagedBundleError extends Error {
  override readonly name = 'DamagedBundleError';
}

export function encodeBundle(json: unknown, arrays: ReadonlyMap<string, BundleArray> = new Map()): Uint8Array {
  const pieces = [...bundlePieces(json, arrays)];
  const result = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

/** The bytes of a bundle one after another: the arrays' own, which are not copied and must not change meanwhile. */
export function* bundlePieces(json: unknown, arrays: ReadonlyMap<string, BundleArray>): Generator<Uint8Array> {
  let end = 0;
  const places = [...arrays].map(([name, array]) => {
    const offset = end;
    end = padded(offset + array.byteLength);
    return { name, type: typeOf(array), offset, length: array.length };
  });
  const body = [...arrays.values()].flatMap((array) => withPadding(array));
  // The header is hashed with the arrays: a flipped digit in a step count would do as much harm as one in a weight.
  const sha256 = digest({ json, arrays: places }, body);
  const header = Buffer.from(JSON.stringify({ json, sha256, arrays: places }));
  const start = Buffer.alloc(padded(8 + header.length));
  start.set(magic);
  start.writeUInt32LE(header.length, 4);
  start.set(header, 8);
  yield start;
  yield* body;
}

function withPadding({ buffer, byteOffset, byteLength }: BundleArray): Uint8Array[] {
  const missing = padded(byteLength) - byteLength;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return missing === 0 ? [bytes] : [bytes, new Uint8Array(missing)];
}

/** Throws DamagedBundleError unless the bytes are a whole bundle. Arrays are copies. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  if (bytes.length < 8 || !magic.equals(bytes.subarray(0, 4))) throw new DamagedBundleError('it does not begin as one');
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const start = padded(8 + headerLength);
  if (start > bytes.length) throw new DamagedBundleError('it ends within its header');
  const header = parseHeader(bytes.subarray(8, 8 + headerLength));
  const body = bytes.subarray(start);
  if (digest({ json: header.json, arrays: header.arrays }, [body]) !== header.sha256)
    throw new DamagedBundleError('its checksum does not fit');
  const arrays = new Map<string, BundleArray>();
  for (const { name, type, offset, length } of header.arrays) {
    const size = length * arrayTypes[type].BYTES_PER_ELEMENT;
    if (offset + size > body.length) throw new DamagedBundleError(`its array ${name} ends outside`);
    // A copy, also where the bytes are a Buffer, whose `slice` is none: arrays must begin at a multiple of their size.
    arrays.set(name, new arrayTypes[type](new Uint8Array(body.subarray(offset, offset + size)).buffer));
  }
  return { json: header.json, arrays };
}

function parseHeader(bytes: Uint8Array): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new DamagedBundleError('its header is not readable');
  }
}

function digest(header: { readonly json: unknown; readonly arrays: unknown }, body: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify(header));
  for (const piece of body) hash.update(piece);
  return hash.digest('hex');
}

function typeOf(array: BundleArray): ArrayType {
  const found = Object.entries(arrayTypes).find(([, type]) => array instanceof type);
  if (found === undefined) throw new TypeError('a bundle holds no such array');
  return found[0] as ArrayType;
}

function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}

const numberWords: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };

/**
 * Any value of plain objects, arrays and typed arrays as JSON with its typed arrays aside, so that `unpack` gives it back to
 * the last bit: numbers that JSON does not have become words. Fields that are undefined are left out.
 */
export function pack(value: unknown): Bundle & { readonly arrays: Map<string, BundleArray> } {
  const arrays = new Map<string, BundleArray>();
  const walk = (part: unknown): unknown => {
    if (typeof part === 'number') {
      return Number.isFinite(part) && !Object.is(part, -0)
        ? part
        : { $number: Object.is(part, -0) ? '-0' : String(part) };
    }
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(walk);
    if (isBundleArray(part)) {
      const name = String(arrays.size);
      arrays.set(name, part);
      return { $array: name };
    }
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]));
  };
  return { json: walk(value), arrays };
}

/** The value that was packed. Throws DamagedBundleError where it names an array that is not there. */
export function unpack({ json, arrays }: Bundle): unknown {
  const walk = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(walk);
    const fields = Object.entries(part);
    if (fields.length === 1) {
      const [[key, inner]] = fields;
      if (key === '$number') return numberWords[String(inner)];
      if (key === '$array') {
        const array = arrays.get(String(inner));
        if (array === undefined) throw new DamagedBundleError(`it has no array ${String(inner)}`);
        return array;
      }
    }
    return Object.fromEntries(fields.map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(json);
}

export function isBundleArray(value: unknown): value is BundleArray {
  return Object.values(arrayTypes).some((type) => value instanceof type);
}

// What a value that was packed is checked by. Numbers may be none, or infinite.
export const float32s = z.custom<Float32Array>((value) => value instanceof Float32Array, 'no Float32Array');
export const float64s = z.custom<Float64Array>((value) => value instanceof Float64Array, 'no Float64Array');
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'no Uint8Array');
export const int32s = z.custom<Int32Array>((value) => value instanceof Int32Array, 'no Int32Array');
export const anyNumber = z.custom<number>((value) => typeof value === 'number', 'no number');
