/** GGUF files, version 3, written whole and with no more in memory than a piece of one tensor. */
import { writeWhole } from '../../../base/files';
import { ggmlTypeNamed, type GgmlTypeName } from '../types';

/** A value of metadata, and its type in the file. */
export type Entry =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s' | 'float32s'; readonly value: ArrayLike<number> };

export type Metadata = ReadonlyMap<string, Entry>;

export interface TensorToWrite {
  readonly name: string;
  /** Rows first. */
  readonly shape: readonly number[];
  readonly type: GgmlTypeName;
  /** Its blocks, row by row. Called once; each piece may be reused when the next is asked for. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** Bytes of tensors of a file begin at multiples of this. */
const alignment = 32;
const padded = (length: number): number => Math.ceil(length / alignment) * alignment;

/** Bytes of the blocks of a tensor. */
export function tensorBytes({ shape, type }: Pick<TensorToWrite, 'shape' | 'type'>): number {
  const { values, bytes } = ggmlTypeNamed(type);
  return (shape.reduce((product, dim) => product * dim, 1) / values) * bytes;
}

export async function writeGguf(path: string, metadata: Metadata, tensors: readonly TensorToWrite[]): Promise<void> {
  await writeWhole(path, content(metadata, tensors));
}

async function* content(metadata: Metadata, tensors: readonly TensorToWrite[]): AsyncGenerator<Uint8Array> {
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(tensors.length),
    uint64(metadata.size),
    ...[...metadata].flatMap(([key, entry]) => [text(key), ...entryBytes(entry)]),
    ...infos(tensors),
  ]);
  yield header;
  yield Buffer.alloc(padded(header.length) - header.length);
  for (const tensor of tensors) {
    let length = 0;
    for await (const piece of tensor.pieces()) {
      length += piece.byteLength;
      yield piece;
    }
    if (length !== tensorBytes(tensor)) throw new Error(`${tensor.name} came with ${length} bytes`);
    yield Buffer.alloc(padded(length) - length);
  }
}

/** Of each tensor its name, shape, type, and where its blocks begin. */
function infos(tensors: readonly TensorToWrite[]): Buffer[] {
  let offset = 0;
  return tensors.flatMap((tensor) => {
    const { name, shape, type } = tensor;
    const from = offset;
    offset += padded(tensorBytes(tensor));
    const dims = shape.toReversed().map(uint64);
    return [text(name), uint32(shape.length), ...dims, uint32(ggmlTypeNamed(type).id), uint64(from)];
  });
}

const arrayType = 9;
const types = { uint32: 4, int32s: 5, float32: 6, float32s: 6, boolean: 7, string: 8, strings: 8 } as const;

function entryBytes(entry: Entry): Buffer[] {
  const type = uint32(types[entry.type]);
  const list = [uint32(arrayType), type];
  switch (entry.type) {
    case 'uint32':
      return [type, uint32(entry.value)];
    case 'float32':
      return [type, floats([entry.value])];
    case 'boolean':
      return [type, Buffer.of(entry.value ? 1 : 0)];
    case 'string':
      return [type, text(entry.value)];
    case 'strings':
      return [...list, uint64(entry.value.length), ...entry.value.map(text)];
    case 'int32s':
      return [...list, uint64(entry.value.length), Buffer.from(Int32Array.from(entry.value).buffer)];
    case 'float32s':
      return [...list, uint64(entry.value.length), floats(entry.value)];
  }
}

const floats = (values: ArrayLike<number>): Buffer => Buffer.from(Float32Array.from(values).buffer);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
