import { createRandom } from '../base/random';

/** A text to learn from. */
export interface TrainingText {
  readonly tokens: Int32Array;
  /** 1 for each token whose prediction counts in the loss, 0 for one that is only read; all count where nothing is said. */
  readonly counted?: Uint8Array | undefined;
}

/** A text with the end of texts behind it, which counts. */
export function withEnd({ tokens, counted }: TrainingText, end: number): TrainingText {
  if (tokens.at(-1) === end) return { tokens, counted };
  return { tokens: Int32Array.from([...tokens, end]), counted: counted && Uint8Array.from([...counted, 1]) };
}

/** T + 1 tokens in a row, and 1 for each of the T predicted ones that counts. */
export interface Window {
  readonly tokens: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Texts in windows of T, epoch after epoch without end; a window without a token that counts teaches nothing and is left out. The first epoch takes the windows as they stand, each later one in an order of
 * its own. What lies where depends on (seed, row) alone, so training that stops can go on exactly there.
 */
export abstract class TokenWindows {
  /** Those that teach something, as they stand. */
  protected abstract readonly windows: readonly number[];
  private order: { readonly epoch: number; readonly windows: readonly number[] } | undefined;

  constructor(
    readonly T: number,
    private readonly seed: number,
  ) {}

  /** Windows in one epoch. */
  get count(): number {
    return this.windows.length;
  }

  /** The window that is row `row` of the endless sequence. */
  at(row: number): number {
    const epoch = Math.floor(row / this.count);
    if (epoch === 0) return this.windows[row];
    if (epoch !== this.order?.epoch) {
      this.order = { epoch, windows: createRandom(this.seed, epoch).shuffle(this.windows) };
    }
    return this.order.windows[row % this.count];
  }

  abstract read(window: number): Window;
}

/** The windows below `count` that teach something. */
function teaching(count: number, teaches: (window: number) => boolean): number[] {
  const windows = Array.from({ length: count }, (_, window) => window).filter(teaches);
  if (windows.length === 0) throw new Error('a stream needs at least one text with a token that counts');
  return windows;
}

/**
 * Full windows: the texts stand one after another in a seeded order, and the last window is filled up from the first text on. The last
 * token of a window is the first of the window after.
 */
export class PackedWindows extends TokenWindows {
  protected readonly windows: readonly number[];
  private readonly tokens: Int32Array;
  private readonly counted: Uint8Array;

  constructor(texts: readonly TrainingText[], T: number, seed: number) {
    super(T, seed);
    const length = texts.reduce((total, { tokens }) => total + tokens.length, 0);
    this.tokens = new Int32Array(length);
    this.counted = new Uint8Array(length).fill(1);
    let at = 0;
    for (const { tokens, counted } of createRandom(seed, 0).shuffle(texts)) {
      this.tokens.set(tokens, at);
      if (counted !== undefined) this.counted.set(counted, at);
      at += tokens.length;
    }
    this.windows = teaching(Math.ceil(length / T), (window) => {
      const from = window * T + 1;
      const [here, wrapped] = [this.counted.subarray(from, from + T), this.counted.subarray(0, from + T - length)];
      return here.includes(1) || (from + T > length && wrapped.includes(1));
    });
  }

  read(window: number): Window {
    const { tokens, counted, T } = this;
    const place = (i: number): number => (window * T + i) % tokens.length;
    return {
      tokens: Int32Array.from({ length: T + 1 }, (_, i) => tokens[place(i)]),
      weights: Float32Array.from({ length: T }, (_, i) => counted[place(i + 1)]),
    };
  }
}

/** Each text in windows of its own, in a seeded order; the last one of a text is filled up with zeros that do not count. */
export class UnpackedWindows extends TokenWindows {
  protected readonly windows: readonly number[];
  private readonly places: readonly { readonly text: TrainingText; readonly from: number }[];

  constructor(texts: readonly TrainingText[], T: number, seed: number) {
    super(T, seed);
    this.places = createRandom(seed, 0)
      .shuffle(texts)
      .flatMap((text) =>
        Array.from({ length: Math.ceil(Math.max(1, text.tokens.length - 1) / T) }, (_, i) => ({ text, from: i * T })),
      );
    this.windows = teaching(this.places.length, (window) => {
      const { text, from } = this.places[window];
      return text.counted?.subarray(from + 1, from + T + 1).includes(1) ?? text.tokens.length > from + 1;
    });
  }

  read(window: number): Window {
    const { text, from } = this.places[window];
    const { T } = this;
    const tokens = new Int32Array(T + 1);
    tokens.set(text.tokens.subarray(from, from + T + 1));
    const weights = Float32Array.from({ length: T }, (_, i) => {
      const predicted = from + i + 1;
      return predicted < text.tokens.length ? (text.counted?.[predicted] ?? 1) : 0;
    });
    return { tokens, weights };
  }
}

/** Rows of one step: of each of k streams B rows of T + 1 tokens. */
export interface StepRows {
  /** [k, B, T + 1]. */
  readonly tokens: Int32Array;
  /** [k, B, T]. */
  readonly weights: Float32Array;
  /** Which windows they are, [k, B]. */
  readonly windows: Int32Array;
}

/** Row `step` of k streams side by side. A missing stream gives zeros, and windows −1. */
export function stepRows(
  streams: readonly (TokenWindows | undefined)[],
  { step, B, T }: { step: number; B: number; T: number },
): StepRows {
  const tokens = new Int32Array(streams.length * B * (T + 1));
  const weights = new Float32Array(streams.length * B * T);
  const windows = new Int32Array(streams.length * B).fill(-1);
  streams.forEach((stream, e) => {
    for (let b = 0; stream !== undefined && b < B; b++) {
      const row = e * B + b;
      windows[row] = stream.at(step * B + b);
      const window = stream.read(windows[row]);
      tokens.set(window.tokens, row * (T + 1));
      weights.set(window.weights, row * T);
    }
  });
  return { tokens, weights, windows };
}
