import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../backend/base/random';
import type { Recipe } from './recipe';

/** The token stream of the cache folder: documents in random order, each after the begin token. */
export async function readStream(cache: string): Promise<Uint16Array> {
  const { buffer, byteOffset, byteLength } = await readFile(join(cache, 'train.u16'));
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

/** The rows of one step: row r of an epoch is a stretch of context + 1 tokens of the stream, in seeded order. */
export function batchAt(stream: Uint16Array, step: number, { rows, context, seed }: Recipe): Int32Array {
  const perEpoch = Math.floor((stream.length - 1) / context);
  const tokens = new Int32Array(rows * (context + 1));
  for (let r = 0; r < rows; r++) {
    const index = step * rows + r;
    const order = epochOrder(Math.floor(index / perEpoch), perEpoch, seed);
    const from = order[index % perEpoch] * context;
    tokens.set(stream.subarray(from, from + context + 1), r * (context + 1));
  }
  return tokens;
}

const orders = new Map<string, readonly number[]>();

function epochOrder(epoch: number, count: number, seed: number): readonly number[] {
  const key = `${epoch} ${count} ${seed}`;
  const known = orders.get(key);
  if (known !== undefined) return known;
  const order = createRandom(seed, epoch).shuffle(Array.from({ length: count }, (_, i) => i));
  orders.set(key, order);
  return order;
}
