/** Figures with their intervals: a dot and a whisker a row. */

export interface Mark {
  readonly name: string;
  readonly value: number;
  /** Ends of the interval, where there is one. */
  readonly lo?: number;
  readonly hi?: number;
  /** What the evaluation is about; what it is compared with; what nothing can reach. */
  readonly look: 'main' | 'plain' | 'bound';
}

export interface Intervals {
  readonly marks: readonly Mark[];
  readonly axis: string;
  /** A line to compare with. */
  readonly reference?: number;
  readonly format: (value: number) => string;
  /** What whiskers span. */
  readonly range?: '95 %' | 'seeds';
}

/** What the axis spans: all intervals and the reference, with a margin; some width even where all are equal. */
export function spanOf({ marks, reference }: Pick<Intervals, 'marks' | 'reference'>): [from: number, to: number] {
  const values = marks.flatMap(({ value, lo, hi }) => [value, lo, hi]).concat(reference);
  const known = values.filter((value) => value !== undefined);
  const [least, largest] = [Math.min(...known), Math.max(...known)];
  const margin = 0.06 * (largest - least) || Math.abs(largest) * 0.1 || 1;
  return [least - margin, largest + margin];
}

/** "0.12, from 0.10 to 0.14 (95 %)". */
export function toldOf(
  { value, lo, hi }: Mark,
  { format, range = '95 %' }: Pick<Intervals, 'format' | 'range'>,
): string {
  return lo === undefined || hi === undefined
    ? format(value)
    : `${format(value)}, from ${format(lo)} to ${format(hi)} (${range})`;
}
