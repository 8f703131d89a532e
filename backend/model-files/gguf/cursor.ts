import { readSync } from 'node:fs';
import { UserError } from '../../base/errors';

/** Bytes that are read at once. */
const windowBytes = 2 ** 20;

/** Reads the header of a GGUF file from front to back, and never past its bounds. */
export class Cursor {
  private readonly window = Buffer.allocUnsafe(windowBytes);
  /** The part of the window that is not yet read. */
  private from = 0;
  private to = 0;
  private read = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(
    readonly path: string,
    private readonly descriptor: number,
    /** Bytes from the beginning of the file that belong to the header at most. */
    private readonly end: number,
  ) {}

  /** Bytes from the beginning of the file. */
  get position(): number {
    return this.read - (this.to - this.from);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  damaged(why: string): UserError {
    return new UserError(
      `${this.path} is not a GGUF file that can be read: ${why}.`,
      'Fetch the file again, or check the path.',
    );
  }

  /** The next bytes, valid until the next call; at most a window of them. */
  bytes(count: number): Buffer {
    if (count > this.remaining) throw this.damaged('it ends within its header');
    if (this.to - this.from < count) {
      this.window.copyWithin(0, this.from, this.to);
      this.to -= this.from;
      this.from = 0;
      const wanted = Math.min(windowBytes - this.to, this.end - this.read);
      const got = readSync(this.descriptor, this.window, this.to, wanted, this.read);
      this.to += got;
      this.read += got;
      if (this.to < count) throw this.damaged('it ends within its header');
    }
    this.from += count;
    return this.window.subarray(this.from - count, this.from);
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  /** A 64-bit count, length or offset. No file has 2^53 of anything. */
  count(what: string): number {
    const bytes = this.bytes(8);
    const value = bytes.readUInt32LE(4) * 2 ** 32 + bytes.readUInt32LE(0);
    if (value > Number.MAX_SAFE_INTEGER) throw this.damaged(`${what} would be ${value}`);
    return value;
  }

  string(what: string, longest: number): string {
    const length = this.count(`the length of ${what}`);
    if (length > longest) throw this.damaged(`${what} would have ${length} bytes, and ${longest} is the limit`);
    const bytes = this.bytes(length);
    try {
      return this.decoder.decode(bytes);
    } catch {
      throw this.damaged(`${what} is not UTF-8`);
    }
  }

  /** The next bytes as numbers of this kind, a copy. */
  array<T extends NumericArray>(make: new (length: number) => T, length: number): T {
    const values = new make(length);
    const target = new Uint8Array(values.buffer);
    for (let done = 0; done < target.length; done += windowBytes) {
      target.set(this.bytes(Math.min(windowBytes, target.length - done)), done);
    }
    return values;
  }
}

export type NumericArray =
  | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array
  | Float32Array | Float64Array | BigUint64Array | BigInt64Array; // prettier-ignore
