import { createRandom } from '../base/random';

/**
 * The tokens of some texts in windows of T, epoch after epoch without end. The texts stand one after another in a seeded order, with
 * their begin tokens between them; the last window is filled up from the first text on. The first epoch takes the windows as they
 * stand, each later one in an order of its own. What lies where depends on (seed, row) alone, so training that stops can go on
 * exactly there.
 */
export class TokenWindows {
  /** Windows in one epoch. */
  readonly count: number;
  private readonly tokens: Int32Array;
  private order: { readonly epoch: number; readonly windows: readonly number[] };

  constructor(
    texts: readonly Int32Array[],
    readonly T: number,
    private readonly seed: number,
  ) {
    const length = texts.reduce((total, text) => total + text.length, 0);
    if (length === 0) throw new Error('a stream needs at least one text');
    this.tokens = new Int32Array(length);
    let at = 0;
    for (const text of createRandom(seed, 0).shuffle(texts)) {
      this.tokens.set(text, at);
      at += text.length;
    }
    this.count = Math.ceil(length / T);
    this.order = { epoch: 0, windows: Array.from({ length: this.count }, (_, window) => window) };
  }

  /** The window that is row `row` of the endless sequence. */
  at(row: number): number {
    const epoch = Math.floor(row / this.count);
    if (epoch === 0) return row;
    if (epoch !== this.order.epoch) {
      const windows = Array.from({ length: this.count }, (_, window) => window);
      this.order = { epoch, windows: createRandom(this.seed, epoch).shuffle(windows) };
    }
    return this.order.windows[row % this.count];
  }

  /** The T + 1 tokens of a window: the last of them is the first of the window after. */
  read(window: number): Int32Array {
    const { tokens, T } = this;
    return Int32Array.from({ length: T + 1 }, (_, i) => tokens[(window * T + i) % tokens.length]);
  }
}

/** Rows of one step: of each of k streams B rows of T + 1 tokens, [k, B, T + 1], and which windows they are, [k, B]. */
export interface PackedRows {
  readonly tokens: Int32Array;
  readonly windows: Int32Array;
}

/** Row `step` of k streams side by side. A missing stream gives zeros, and windows −1. */
export function packedRows(
  streams: readonly (TokenWindows | undefined)[],
  { step, B, T }: { step: number; B: number; T: number },
): PackedRows {
  const tokens = new Int32Array(streams.length * B * (T + 1));
  const windows = new Int32Array(streams.length * B).fill(-1);
  streams.forEach((stream, e) => {
    for (let b = 0; stream !== undefined && b < B; b++) {
      const window = stream.at(step * B + b);
      windows[e * B + b] = window;
      tokens.set(stream.read(window), (e * B + b) * (T + 1));
    }
  });
  return { tokens, windows };
}
