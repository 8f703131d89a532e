/** The bytes of a file as they were before it was compressed, in a stream of bounded memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { UserError } from '../../base/errors';

/** Bytes that are read, and made by decompression, at a time. */
const CHUNK = 2 ** 18;
/** Compressed bytes given to the decoder in JavaScript at a time: a block of 4 bytes may stand for 128 KiB. */
const ZSTD_BITE = 1024;
/** As much as the zstd program itself takes by default. */
const MAX_ZSTD_WINDOW = 128 * 2 ** 20;

/**
 * Text shrinks to a third or a tenth, seldom to a hundredth: what grows more than this, beyond the first bytes, was made to
 * fill disks.
 */
export const bombLimit = { ratio: 200, free: 256 * 2 ** 20 };

/** How the pointers begin that Git LFS keeps in the place of files. */
const POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1');

export interface ByteStream {
  readonly chunks: AsyncGenerator<Buffer>;
  /** Bytes of the file that were read so far. */
  readonly read: () => number;
}

/** Opens a file, gzip or zstd or neither: its first bytes tell. Throws UserError while reading where it is damaged or a bomb. */
export async function openBytes(path: string, limit: typeof bombLimit = bombLimit): Promise<ByteStream> {
  const handle = await open(path, 'r');
  try {
    const head = await headOf(path, handle);
    return decoded(path, handle, compressionOf(head), head, limit);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Throws UserError where a file is only a pointer to where Git keeps its content. */
export async function refusePointer(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await headOf(path, handle).finally(() => handle.close());
}

async function headOf(path: string, handle: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(POINTER.length);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  if (head.equals(POINTER)) throw pointer(path);
  return head.subarray(0, bytesRead);
}

function pointer(path: string): UserError {
  return new UserError(
    `${path} is a pointer of Git LFS: the file itself was not fetched.`,
    'Run `git lfs pull` in its repository, and import again.',
  );
}

type Compression = 'gzip' | 'zstd' | 'none';

export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? 'zstd' : 'none';
}

function decoded(
  path: string,
  handle: FileHandle,
  compression: Compression,
  head: Uint8Array,
  limit: typeof bombLimit,
): ByteStream {
  const file = handle.createReadStream({ start: 0, highWaterMark: CHUNK });
  const read = (): number => file.bytesRead;
  if (compression === 'none') return { chunks: file as unknown as AsyncGenerator<Buffer>, read };
  return { chunks: guarded(), read };

  async function* guarded(): AsyncGenerator<Buffer> {
    let made = 0;
    try {
      for await (const chunk of compression === 'gzip' ? gunzip() : unzstd()) {
        made += chunk.length;
        if (made > limit.free && made > limit.ratio * read()) throw bomb(path, limit.ratio);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof UserError || isFromSystem(error) ? error : damaged(path, compression, error);
    } finally {
      file.destroy();
    }
  }

  function gunzip(): AsyncIterable<Buffer> {
    return pipeline(file, zlib.createGunzip({ chunkSize: CHUNK }), () => undefined);
  }

  function unzstd(): AsyncIterable<Buffer> {
    // Node has it from version 22.15 on.
    const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => Transform };
    if (createZstdDecompress !== undefined) {
      return pipeline(file, createZstdDecompress({ chunkSize: CHUNK }), () => undefined);
    }
    return unzstdInBites(file, head);
  }
}

async function* unzstdInBites(file: AsyncIterable<Buffer>, head: Uint8Array): AsyncGenerator<Buffer> {
  if (zstdWindow(head) > MAX_ZSTD_WINDOW) throw new Error(`its window is larger than ${MAX_ZSTD_WINDOW / 2 ** 20} MiB`);
  const ready: Buffer[] = [];
  const decoder = new Decompress((chunk) => {
    ready.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  });
  for await (const chunk of file) {
    for (let start = 0; start < chunk.length; start += ZSTD_BITE) {
      decoder.push(chunk.subarray(start, start + ZSTD_BITE));
      yield* ready.splice(0);
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready;
}

/** Bytes of history that the first frame asks the decoder to keep (RFC 8878, 3.1.1.1). */
function zstdWindow(head: Uint8Array): number {
  const descriptor = head[4];
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (head[5] >> 3));
    return base + (base / 8) * (head[5] & 7);
  }
  const place = 5 + [0, 1, 2, 4][descriptor & 3];
  const size = descriptor >> 6;
  if (size === 0) return view.getUint8(place);
  if (size === 1) return view.getUint16(place, true) + 256;
  return size === 2 ? view.getUint32(place, true) : Number(view.getBigUint64(place, true));
}

function isFromSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function damaged(path: string, compression: Compression, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    `${path} is cut short or damaged: its ${compression} data cannot be read (${reason}).`,
    'Fetch or compress the file again.',
  );
}

function bomb(path: string, ratio: number): UserError {
  return new UserError(
    `${path} holds more than ${ratio} times its size: this is no text that anybody wrote.`,
    'Unpack it yourself and import what comes out, if you trust it.',
  );
}
