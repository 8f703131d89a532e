import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../base/errors';
import { isSystemError, writeWhole } from '../../base/files';
import { faultInJson, type JsonLimits } from './foreign-json';
import { tableOf } from '../../base/table';

/** Where a tensor lies in a safetensors file. */
export interface TensorEntry {
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'F64' | 'I64' | 'I32' | 'U8' | 'BOOL' | 'I8' | 'I16' | 'U16' | 'U32' | 'U64';
  readonly shape: readonly number[];
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Bytes of a header. A tensor takes about 100, and files with more than 50,000 tensors are split; the reference
 * implementation would read 100 MB, a thousand times what models have.
 */
const largestHeader = 2 ** 24;
/** Entries and the fields of each; three levels: file, tensor, shape. Shapes of models have four dimensions at most. */
const headerLimits: JsonLimits = { depth: 3, keys: 300_000, items: 16 };

const elementBytes = {
  F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1,
} as const; // prettier-ignore

/** Bytes of a tensor. */
function bytesOf(shape: readonly number[], dtype: TensorEntry['dtype']): number {
  return shape.reduce((product, dim) => product * dim, 1) * elementBytes[dtype];
}

const headerSchema = tableOf(
  z.object({
    dtype: z.enum(['F32', 'F16', 'BF16', 'F64', 'I64', 'I32', 'U8', 'BOOL', 'I8', 'I16', 'U16', 'U32', 'U64']),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);

function damaged(path: string, why: string): UserError {
  return new UserError(`${path} is not a whole safetensors file: ${why}.`, 'Fetch the model again, or check the path.');
}

/**
 * Reads the header: names and places of all tensors. Every place is checked against the size of the file before
 * anything is allocated. Throws UserError for a file that is missing, truncated or malformed.
 */
export async function readSafetensorsHeader(path: string): Promise<Map<string, TensorEntry>> {
  const size = await fileSize(path);
  const file = await open(path, 'r');
  try {
    const prefix = Buffer.alloc(8);
    if (size < 8) throw damaged(path, `it has ${size} bytes`);
    await file.read(prefix, 0, 8, 0);
    const headerLength = Number(prefix.readBigUInt64LE());
    if (headerLength > largestHeader || 8 + headerLength > size) {
      throw damaged(path, `its header would end at byte ${8 + headerLength} of ${size}`);
    }
    const header = Buffer.alloc(headerLength);
    await file.read(header, 0, headerLength, 8);
    return parseHeader(path, header, { start: 8 + headerLength, end: size });
  } finally {
    await file.close();
  }
}

async function fileSize(path: string): Promise<number> {
  const info = await stat(path).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new UserError(`${path} does not exist.`, 'Check the path, or fetch the model again.');
  });
  // Opening a pipe would wait for ever.
  if (!info.isFile()) throw damaged(path, 'it is not a file');
  return info.size;
}

function parseHeader(path: string, header: Buffer, data: { start: number; end: number }): Map<string, TensorEntry> {
  const fault = faultInJson(header, headerLimits);
  if (fault !== undefined) throw damaged(path, `its header ${fault}`);
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(header.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw damaged(path, 'its header is not JSON');
  }
  delete json.__metadata__;
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw damaged(path, `its header is malformed (${firstIssue(parsed.error)})`);
  const entries = new Map(
    Object.entries(parsed.data).map(([name, { dtype, shape, data_offsets: offsets }]): [string, TensorEntry] => {
      const [from, to] = offsets;
      const length = bytesOf(shape, dtype);
      if (to - from !== length) throw damaged(path, `${name} has ${to - from} bytes where its shape needs ${length}`);
      if (data.start + to > data.end) throw damaged(path, `it ends before the tensor ${name} does`);
      return [name, { dtype, shape, offset: data.start + from, length }];
    }),
  );
  checkCoverage(path, entries, data);
  return entries;
}

/** A file of a hundred thousand wrong entries has as many issues; the first says enough. */
function firstIssue({ issues }: z.ZodError): string {
  return `${issues[0].path.join('.').slice(0, 200)}: ${issues[0].message.slice(0, 200)}`;
}

/** Every byte of the data belongs to one tensor, as the format demands: nothing is hidden, nothing is shared. */
function checkCoverage(path: string, entries: Map<string, TensorEntry>, data: { start: number; end: number }): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  let end = data.start;
  for (const [name, { offset, length }] of inOrder) {
    if (offset < end) throw damaged(path, `${name} overlaps another tensor`);
    if (offset > end) throw damaged(path, `no tensor holds the ${offset - end} bytes before ${name}`);
    end = offset + length;
  }
  if (end !== data.end) throw damaged(path, `no tensor holds its last ${data.end - end} bytes`);
}

/** One tensor to write; float32 data is rounded to half precision where `dtype` says F16. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly dtype?: 'F32' | 'F16';
}

/** Writes a safetensors file, whole or not at all. */
export function writeSafetensors(path: string, tensors: readonly TensorToWrite[]): Promise<void> {
  const streamed = tensors.map(({ name, shape, data, dtype = 'F32' }): StreamedTensor => {
    const pieces = (): Uint8Array[] => {
      const values = dtype === 'F16' ? toHalf(data) : data;
      return [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
    };
    return { name, shape, dtype, pieces };
  });
  return streamSafetensors(path, streamed);
}

/** One tensor whose bytes are made while the file is written. */
export interface StreamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'U8';
  /** Its bytes, row by row, little-endian. Called once; each piece may be reused when the next is asked for. */
  readonly pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Bytes of a file of such tensors, without its header. */
export function safetensorsBytes(tensors: readonly Pick<StreamedTensor, 'shape' | 'dtype'>[]): number {
  return tensors.reduce((total, { shape, dtype }) => total + bytesOf(shape, dtype), 0);
}

/** Writes a safetensors file, whole or not at all, with no more in memory than one piece of one tensor. */
export async function streamSafetensors(path: string, tensors: readonly StreamedTensor[]): Promise<void> {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const lengths = tensors.map(({ name, shape, dtype }) => {
    const length = bytesOf(shape, dtype);
    header[name] = { dtype, shape, data_offsets: [end, end + length] };
    end += length;
    return length;
  });
  const json = Buffer.from(JSON.stringify(header));
  // Readers map the file into memory: data begins at a multiple of 8 bytes.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.byteLength % 8)) % 8, ' ')]);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.byteLength));
  await writeWhole(path, content(Buffer.concat([prefix, padded]), tensors, lengths));
}

async function* content(
  header: Uint8Array,
  tensors: readonly StreamedTensor[],
  lengths: readonly number[],
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const [i, { name, pieces }] of tensors.entries()) {
    let length = 0;
    for await (const piece of pieces()) {
      length += piece.byteLength;
      yield piece;
    }
    if (length !== lengths[i]) throw new Error(`${name} came with ${length} of ${lengths[i]} bytes`);
  }
}

/** Rounds to IEEE half precision, ties to even. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (b) => {
    const sign = (b >>> 16) & 0x8000;
    const exponent = ((b >>> 23) & 0xff) - 112;
    const mantissa = b & 0x7fffff;
    if (exponent >= 31) return sign | 0x7c00 | (exponent === 143 && mantissa !== 0 ? 0x200 : 0);
    if (exponent < -10) return sign;
    const shift = exponent > 0 ? 13 : 14 - exponent;
    const whole = exponent > 0 ? (exponent << 23) | mantissa : mantissa | 0x800000;
    const half = whole >>> shift;
    const rest = whole & ((1 << shift) - 1);
    const middle = 1 << (shift - 1);
    return sign + half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0);
  });
}
