/** Whole numbers from 0 to 2^31 - 1 in as many bytes as they need, seven bits each, the lowest first. */

/** Bytes that grow as numbers are added. */
export class VarintWriter {
  private bytes = new Uint8Array(2 ** 16);
  length = 0;

  add(value: number): void {
    if (this.length + 5 > this.bytes.length) this.grow(this.length + 5);
    for (; value >= 0x80; value >>>= 7) this.bytes[this.length++] = (value & 0x7f) | 0x80;
    this.bytes[this.length++] = value;
  }

  addBytes(more: Uint8Array): void {
    if (this.length + more.length > this.bytes.length) this.grow(this.length + more.length);
    this.bytes.set(more, this.length);
    this.length += more.length;
  }

  /** What was added, in the memory that goes on growing. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private grow(least: number): void {
    const larger = new Uint8Array(Math.max(least, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Reads numbers one after another. Throws RangeError at the end of the bytes. */
export class VarintReader {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get isDone(): boolean {
    return this.at >= this.bytes.length;
  }

  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte < 0x80) return byte;
    let value = 0;
    let shift = 0;
    for (; byte >= 0x80; byte = bytes[this.at++], shift += 7) value |= (byte & 0x7f) << shift;
    if (byte === undefined) throw new RangeError('the bytes end within a number');
    return value | (byte << shift);
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new RangeError('the bytes end too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
