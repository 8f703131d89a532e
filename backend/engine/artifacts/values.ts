/** Values of plain objects, arrays and typed arrays as artifacts: each is one bundle. */
import type { z } from 'zod';
import { bundlePieces, decodeBundle, pack, unpack } from '../../base/bundle';
import type { ArtifactStore } from './store';

export function putValue(store: ArtifactStore, value: unknown): Promise<string> {
  const { json, arrays } = pack(value);
  return store.put(bundlePieces(json, arrays));
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
