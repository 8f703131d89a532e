/** Bits per byte of one method on each text, by the text's name. */
export interface Measurement {
  readonly method: string;
  /** What the method had seen before the first text. */
  readonly prior: string;
  readonly bitsPerByte: Readonly<Record<string, number>>;
}

export interface MeasuredText {
  readonly name: string;
  readonly passages: number;
  /** UTF-8 bytes: what all methods are measured by. */
  readonly bytes: number;
  readonly tokens: number;
}

/** What `bench/bits-per-byte.ts` finds out; the model card states it. */
export interface BitsPerByteReport {
  readonly model: {
    readonly name: string;
    readonly parameters: number;
    readonly steps: number;
    readonly tokensSeen: number;
  };
  readonly texts: readonly MeasuredText[];
  /** The model first. */
  readonly measurements: readonly Measurement[];
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
}

/** The figures as a table for the terminal. */
export function bitsPerByteTable({ texts, measurements, notes }: BitsPerByteReport): string {
  const rows = [
    ['bits per byte', 'seen before', ...texts.map(({ name }) => name)],
    ...measurements.map((row) => [row.method, row.prior, ...figures(row, texts)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  const sizes = texts.map(({ name, passages, bytes, tokens }) => {
    return `${name}: ${passages} passages, ${bytes} bytes, ${tokens} tokens`;
  });
  return [...lines, '', ...sizes, ...notes].join('\n');
}

/** A measurement's figures in the order of the texts; a dash where there is none. */
export function figures({ bitsPerByte }: Measurement, texts: readonly MeasuredText[]): string[] {
  return texts.map(({ name }) => bitsPerByte[name]?.toFixed(3) ?? '–');
}
