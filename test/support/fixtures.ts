import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensorsHeader } from '../../backend/model/weights/safetensors';
import type { Tensors } from '../../backend/tensor/runtime';

export const fixtureFolder = 'test/fixtures/pytorch';

/** Reads a safetensors file of the PyTorch fixtures. */
export async function readFixture(name: string): Promise<Map<string, Tensors>> {
  const path = join(fixtureFolder, name);
  const file = await readFile(path);
  const result = new Map<string, Tensors>();
  for (const [tensor, { dtype, shape, offset, length }] of await readSafetensorsHeader(path)) {
    const { buffer } = new Uint8Array(file.subarray(offset, offset + length));
    const data =
      dtype === 'F64'
        ? new Float64Array(buffer)
        : dtype === 'I64'
          ? new BigInt64Array(buffer)
          : new Float32Array(buffer);
    result.set(tensor, { data, shape });
  }
  return result;
}

/** The largest difference between two lists of numbers; throws where their lengths differ. */
export function largestDifference(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers instead of ${expected.length}`);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const scale = Math.max(1, Math.abs(Number(expected[i])));
    worst = Math.max(worst, Math.abs(Number(actual[i]) - Number(expected[i])) / scale);
  }
  return worst;
}
