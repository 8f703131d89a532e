/** Writes GGUF files as no converter would: for tests of what readers make of them. */

/** A number of 4 or 8 bytes, or bytes as they are. */
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};

/** A string with its length, or with another length than it has. */
export function string(text: string | Uint8Array, length?: number | bigint): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(length ?? bytes.length), bytes]);
}

export function array(type: number, items: readonly Uint8Array[], length: number | bigint = items.length): Buffer {
  return Buffer.concat([u32(type), u64(length), ...items]);
}

/** One entry of metadata: a key, the number of its type, and the bytes of its value. */
export type Entry = readonly [key: string, type: number, value: Uint8Array];

export const types = { u32: 4, f32: 6, bool: 7, string: 8, array: 9 } as const;

export interface TensorInfo {
  readonly name: string;
  /** Columns first, as the file has it. */
  readonly shape: readonly (number | bigint)[];
  readonly type: number;
  readonly offset: number | bigint;
}

export interface File {
  readonly version?: Buffer;
  readonly counts?: { readonly tensors?: number | bigint; readonly metadata?: number | bigint };
  readonly metadata?: readonly Entry[];
  readonly tensors?: readonly TensorInfo[];
  readonly data?: Uint8Array;
}

export function ggufFile({ version = u32(3), counts = {}, metadata = [], tensors = [], data }: File): Buffer {
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    version,
    u64(counts.tensors ?? tensors.length),
    u64(counts.metadata ?? metadata.length),
    ...metadata.flatMap(([key, type, value]) => [string(key), u32(type), value]),
    ...tensors.flatMap(({ name, shape, type, offset }) => [
      string(name),
      u32(shape.length),
      ...shape.map(u64),
      u32(type),
      u64(offset),
    ]),
  ]);
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), data ?? Buffer.alloc(0)]);
}
