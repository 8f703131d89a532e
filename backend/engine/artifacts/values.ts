/** Values of plain objects, arrays and typed arrays as artifacts: each is one bundle. */
import { z } from 'zod';
import { decodeBundle, encodeBundle, pack, unpack } from '../../base/bundle';
import type { ArtifactStore } from './store';

// Typed arrays in a value's schema.
export const float32s = z.custom<Float32Array>((value) => value instanceof Float32Array, 'no Float32Array');
export const float64s = z.custom<Float64Array>((value) => value instanceof Float64Array, 'no Float64Array');
export const int32s = z.custom<Int32Array>((value) => value instanceof Int32Array, 'no Int32Array');

export function putValue(store: ArtifactStore, value: unknown): Promise<string> {
  const { json, arrays } = pack(value);
  return store.put([encodeBundle(json, arrays)]);
}

/** Throws as `get` of the store does, DamagedBundleError where the artifact is no bundle, ZodError where it is another value. */
export async function getValue<T>(store: ArtifactStore, name: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(unpack(decodeBundle(await readAll(store, name))));
}

/** All bytes of an artifact. */
export async function readAll(store: ArtifactStore, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.get(name)) pieces.push(piece);
  return Buffer.concat(pieces);
}
