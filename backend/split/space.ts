/** Where a split's documents lie and the middle of each pile, kept beside the split: what places new texts among the piles. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { decodeBundle, encodeBundle, pack, unpack } from '../base/bundle';
import { UserError } from '../base/errors';
import { type ReadFile, writeWhole } from '../base/files';
import type { DenseRows } from './features/dense';
import type { FeatureSpace } from './features/word-features';

/** A space of words (features/word-features) and the centroids of the piles there, in a form that checkpoints keep. */
export interface SplitSpace {
  /** [V] */
  readonly words: readonly string[];
  /** [V] */
  readonly idf: Float32Array;
  /** [V, r] */
  readonly directions: Float32Array;
  /** [k, r] */
  readonly centroids: Float64Array;
}

export function splitSpace({ vocabulary, idf, directions }: FeatureSpace, centroids: DenseRows): SplitSpace {
  const { words } = vocabulary;
  return { words, idf, directions: Float32Array.from(directions.values), centroids: centroids.values };
}

/** The file of a split's space, below the project's folder. */
export function spaceFile(split: string): string {
  return `splits/${split}/space.bundle`;
}

export async function writeSpace(project: string, split: string, space: SplitSpace): Promise<void> {
  const path = join(project, spaceFile(split));
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, encodeSpace(space));
}

export function encodeSpace(space: SplitSpace): Uint8Array {
  const { json, arrays } = pack(space);
  return encodeBundle(json, arrays);
}

const schema = z.object({
  words: z.array(z.string()),
  idf: z.instanceof(Float32Array),
  directions: z.instanceof(Float32Array),
  centroids: z.instanceof(Float64Array),
});

/** From a file of the project. Throws UserError where the split keeps no space, or its file is damaged. */
export async function readSpace(read: ReadFile, file: string): Promise<SplitSpace> {
  try {
    return schema.parse(unpack(decodeBundle(await read(file))));
  } catch {
    throw new UserError(
      'The split keeps no space that its piles lie in.',
      'Split by k-means on words, and train experts of that split.',
    );
  }
}
