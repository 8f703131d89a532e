import { createRandom } from '../protocol/random';

/**
 * An endless stream of the tokens of some texts: epoch after epoch, each epoch in its own seeded order, texts one after
 * another with their begin tokens between them. What lies where depends on (seed, epoch, position) alone, so training
 * that stops can go on exactly there.
 */
export class TokenStream {
  /** Tokens in one epoch. */
  readonly length: number;
  private epoch = -1;
  private tokens = new Int32Array(0);

  constructor(
    private readonly texts: readonly Int32Array[],
    private readonly seed: number,
  ) {
    this.length = texts.reduce((total, text) => total + text.length, 0);
    if (this.length === 0) throw new Error('a stream needs at least one text');
  }

  /** `count` tokens from position `from` of the endless stream. */
  read(from: number, count: number): Int32Array {
    const result = new Int32Array(count);
    for (let filled = 0; filled < count;) {
      const position = from + filled;
      this.load(Math.floor(position / this.length));
      const part = this.tokens.subarray(position % this.length, (position % this.length) + count - filled);
      result.set(part, filled);
      filled += part.length;
    }
    return result;
  }

  private load(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.tokens = new Int32Array(this.length);
    let at = 0;
    for (const text of createRandom(this.seed, epoch).shuffle(this.texts)) {
      this.tokens.set(text, at);
      at += text.length;
    }
  }
}

/** Row `index` of k streams side by side, B rows of T + 1 tokens each: [k, B, T + 1]. A missing stream gives zeros. */
export function packedRows(
  streams: readonly (TokenStream | undefined)[],
  { step, B, T }: { step: number; B: number; T: number },
): Int32Array {
  const tokens = new Int32Array(streams.length * B * (T + 1));
  streams.forEach((stream, e) => {
    for (let b = 0; stream !== undefined && b < B; b++) {
      tokens.set(stream.read((step * B + b) * T, T + 1), (e * B + b) * (T + 1));
    }
  });
  return tokens;
}
