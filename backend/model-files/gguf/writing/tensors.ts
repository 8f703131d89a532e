/** The values of a Hugging Face folder's tensors as llama.cpp has them: what `pieces` of ../tensors.ts undoes. */
import { UserError } from '../../../base/errors';
import { allFinite } from '../../../model/weights/finite';
import type { GgufLayout } from '../families';
import { quantize, type WrittenType } from '../quantize';

/** Float32 values of a tensor, whole rows at a time. */
export type Rows = AsyncIterable<Float32Array>;

/** The blocks of a tensor [rows, columns], a vector being a row. */
export async function* blocksOf(
  rows: Rows,
  shape: readonly number[],
  layout: GgufLayout,
  type: WrittenType,
): AsyncGenerator<Uint8Array> {
  for await (const values of arranged(rows, shape, layout)) {
    const blocks = quantize[type](values);
    if (type === 'F16' && !allFinite(type, blocks)) throw beyondHalf();
    yield blocks;
  }
}

function beyondHalf(): UserError {
  return new UserError(
    'The model has weights that float16 cannot hold.',
    'Write it in another precision (--dtype bfloat16, float32 or q8_0).',
  );
}

function arranged(rows: Rows, shape: readonly number[], layout: GgufLayout): Rows {
  switch (layout.kind) {
    case 'same':
      return rows;
    case 'aroundOne':
      return plusOne(rows);
    case 'rotary':
      return ofWhole(rows, shape, (values) => joinedHalves(values, shape[shape.length - 1], layout.headSize));
    case 'transposed':
      return ofWhole(rows, shape, (values) => turned(values, shape[0]));
  }
}

async function* plusOne(rows: Rows): AsyncGenerator<Float32Array> {
  for await (const values of rows) yield values.map((value) => value + 1);
}

/** What is made of all rows together: of the matrices of one layer, no larger ones. */
async function* ofWhole(
  rows: Rows,
  shape: readonly number[],
  make: (values: Float32Array) => Float32Array,
): AsyncGenerator<Float32Array> {
  yield make(await whole(rows, shape));
}

async function whole(rows: Rows, shape: readonly number[]): Promise<Float32Array> {
  const values = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
  let at = 0;
  for await (const piece of rows) {
    values.set(piece, at);
    at += piece.length;
  }
  return values;
}

/** Row i of the first half of each head and row i of the second side by side. */
export function joinedHalves(values: Float32Array, columns: number, headSize: number): Float32Array {
  const result = new Float32Array(values.length);
  const half = headSize / 2;
  for (let from = 0; from < values.length / columns; from++) {
    const inHead = from % headSize;
    const to = from - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    result.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  return result;
}

/** [in, out] as [out, in]. */
function turned(values: Float32Array, out: number): Float32Array {
  const width = values.length / out;
  return values.map((_, at) => values[(at % width) * out + Math.floor(at / width)]);
}
