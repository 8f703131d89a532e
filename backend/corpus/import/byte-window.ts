const LINE_FEED = 0x0a;

/** The bytes of a stream from the first that is still needed on. */
export class ByteWindow {
  private buffer = Buffer.alloc(2 ** 16);
  private start = 0;
  private end = 0;
  private readonly chunks: AsyncIterator<Uint8Array>;
  /** Of the first byte: its line, from 1, and how many bytes stand before it there. */
  line = 1;
  column = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** What was read and not dropped; gone when more is read. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Reads on; false at the end of the stream. */
  async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done === true) return false;
    const needed = this.length + next.value.length;
    if (this.end + next.value.length > this.buffer.length) {
      const { bytes, length } = this;
      if (needed > this.buffer.length / 2) this.buffer = Buffer.allocUnsafe(2 * needed);
      bytes.copy(this.buffer);
      [this.start, this.end] = [0, length];
    }
    this.buffer.set(next.value, this.end);
    this.end += next.value.length;
    return true;
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  drop(count: number): void {
    const dropped = this.bytes.subarray(0, count);
    let begin = -1;
    for (let place = dropped.indexOf(LINE_FEED); place !== -1; place = dropped.indexOf(LINE_FEED, place + 1)) {
      this.line++;
      begin = place;
    }
    this.column = begin === -1 ? this.column + count : count - begin - 1;
    this.start += count;
  }

  /** The place of the next line feed, after reading as far as needed; -1 where there is none within `most` bytes. */
  async lineFeed(most: number): Promise<number> {
    for (let from = 0; ;) {
      const place = this.bytes.indexOf(LINE_FEED, from);
      if (place !== -1) return place;
      from = this.length;
      if (from > most || !(await this.more())) return -1;
    }
  }

  /** Drops white space. Returns the byte after it, undefined at the end of the stream. */
  async nextByte(): Promise<number | undefined> {
    for (;;) {
      const { bytes } = this;
      let place = 0;
      while (place < bytes.length && isSpace(bytes[place])) place++;
      this.drop(place);
      if (place < bytes.length) return bytes[place];
      if (!(await this.more())) return undefined;
    }
  }
}

/** White space of JSON. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === LINE_FEED || byte === 0x0d || byte === 0x09;
}
