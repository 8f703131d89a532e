/** The values of tensors in a GGUF file, piece by piece, as a Hugging Face folder has them. */
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../base/errors';
import { allFinite, type FloatType, notFinite } from '../../model/weights/finite';
import { dequantize } from './dequantize';
import type { GgufLayout } from './families';
import type { GgufTensor } from './header';

/** What is in memory at once, in bytes. */
export interface Limits {
  /** A piece; a single row or head may have more. */
  readonly piece: number;
  /** What is transposed in one pass over a tensor; every tensor of GPT-2 is smaller. */
  readonly strip: number;
}

const usualLimits: Limits = { piece: 2 ** 20, strip: 2 ** 27 };

/** float16 and bfloat16 are kept, everything else becomes float32. */
export function storedType({ type: { name } }: GgufTensor): FloatType {
  return name === 'F16' || name === 'BF16' ? name : 'F32';
}

/** A tensor with its name for messages and its open file. */
export interface TensorSource {
  readonly file: FileHandle;
  readonly name: string;
  readonly tensor: GgufTensor;
}

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>>;

/** [rows, columns]: a vector is a single row. */
function matrix({ shape }: GgufTensor): readonly [number, number] {
  return shape.length === 1 ? [1, shape[0]] : [shape[0], shape[1]];
}

function valueBytes(tensor: GgufTensor): number {
  return storedType(tensor) === 'F32' ? 4 : 2;
}

/**
 * The bytes of a vector or matrix in the order that the layout wants, each piece valid until the next is asked for. Throws
 * UserError where a value is NaN or infinite.
 */
export function pieces(source: TensorSource, layout: GgufLayout, limits = usualLimits): Pieces {
  const rowBytes = matrix(source.tensor)[1] * valueBytes(source.tensor);
  const rows = Math.max(1, Math.floor(limits.piece / rowBytes));
  switch (layout.kind) {
    case 'same':
      return readRows(source, rows);
    case 'rotary':
      return separateHalves(readRows(source, layout.headSize), rowBytes);
    case 'transposed':
      return transpose(source, rows, limits.strip);
    case 'aroundOne':
      return lessOne(readRows(source, rows), source);
  }
}

/** So many rows at once. */
async function* readRows({ file, name, tensor }: TensorSource, rowsAtOnce: number): Pieces {
  const { type, offset } = tensor;
  const [rows, columns] = matrix(tensor);
  const dtype = storedType(tensor);
  const blockBytes = (columns / type.values) * type.bytes;
  const most = Math.min(rows, rowsAtOnce);
  const blocks = new Uint8Array(most * blockBytes);
  const values = dtype === 'F32' ? new Float32Array(most * columns) : undefined;
  for (let row = 0; row < rows; row += most) {
    const count = Math.min(most, rows - row);
    let piece = blocks.subarray(0, count * blockBytes);
    await file.read(piece, 0, piece.length, offset + row * blockBytes);
    if (values !== undefined) {
      dequantize[type.name](piece, values.subarray(0, count * columns));
      piece = new Uint8Array(values.buffer, 0, count * columns * 4);
    }
    if (!allFinite(dtype, piece)) throw notFinite(tensor.file, name);
    yield piece;
  }
}

/**
 * Undoes what llama.cpp does to the rows of queries and keys for its own rotary embedding: within each head it has row i of
 * the first half and row i of the second side by side. Each piece is one head.
 */
async function* separateHalves(heads: Pieces, rowBytes: number): Pieces {
  let separated = new Uint8Array(0);
  for await (const head of heads) {
    if (separated.length === 0) separated = new Uint8Array(head.length);
    const half = head.length / rowBytes / 2;
    for (let row = 0; row < 2 * half; row++) {
      const to = (row >> 1) + (row & 1) * half;
      separated.set(head.subarray(row * rowBytes, (row + 1) * rowBytes), to * rowBytes);
    }
    yield separated;
  }
}

/** Norms are in float32 whatever the other tensors are. Throws UserError where they are not. */
async function* lessOne(pieces: Pieces, { name, tensor }: TensorSource): Pieces {
  if (storedType(tensor) !== 'F32') {
    throw new UserError(`${tensor.file} has the norm ${name} in half precision.`, 'Use another file of the model.');
  }
  for await (const piece of pieces) {
    const values = new Float32Array(piece.buffer, piece.byteOffset, piece.length / 4);
    values.forEach((value, i) => (values[i] = value - 1));
    yield piece;
  }
}

/** [out, in] as [in, out]: as many columns as a strip has room for in each pass over the tensor. */
async function* transpose(source: TensorSource, rowsAtOnce: number, stripBytes: number): Pieces {
  const [rows, columns] = matrix(source.tensor);
  const width = valueBytes(source.tensor);
  const bits = width === 4 ? Uint32Array : Uint16Array;
  const most = Math.min(columns, Math.max(1, Math.floor(stripBytes / (rows * width))));
  const strip = new bits(most * rows);
  for (let first = 0; first < columns; first += most) {
    const count = Math.min(most, columns - first);
    let row = 0;
    for await (const piece of readRows(source, rowsAtOnce)) {
      const values = new bits(piece.buffer, piece.byteOffset, piece.length / width);
      for (let from = first; from < values.length; from += columns, row++) {
        for (let j = 0; j < count; j++) strip[j * rows + row] = values[from + j];
      }
    }
    yield new Uint8Array(strip.buffer, 0, count * rows * width);
  }
}

/** All values of a small tensor. */
export async function readTensorValues(file: FileHandle, tensor: GgufTensor): Promise<Float32Array> {
  const blocks = new Uint8Array(tensor.length);
  await file.read(blocks, 0, blocks.length, tensor.offset);
  const values = new Float32Array((tensor.length / tensor.type.bytes) * tensor.type.values);
  dequantize[tensor.type.name](blocks, values);
  return values;
}
