import type { Measurement } from './child';
import type { Piece } from './pieces';

/** A piece's best repetition against the best of the yardstick beside it: both as undisturbed as this run could get. */
export interface Summary {
  readonly tokensPerSecond: number;
  /** Best GEMM speed seen between this piece's repetitions, FLOP/s. */
  readonly gemmPeak: number;
  readonly ofPeak?: number;
  /** Median over the repetitions of the same ratio with the two bursts around each: how steady it is. */
  readonly ofPeakMedian?: number;
  /** tokens/s against the piece that this one is compared with. */
  readonly ofOther?: number;
  readonly peakMiB: number;
  /** Whether the yardstick varied so much, or was outrun by the work, that the ratios prove nothing. */
  readonly disturbed: boolean;
}

// The least of the bursts against the best; in the quietest runs seen on a shared machine they differed by 4 to 7 per cent.
const steady = 0.85;

export function summarise({ tokens, flops, seconds, gemm, peakMiB }: Measurement, other?: Summary): Summary {
  const best = Math.min(...seconds);
  const tokensPerSecond = tokens / best;
  const gemmPeak = Math.max(...gemm);
  const ofPeak = flops === undefined ? undefined : flops / best / gemmPeak;
  const paired = (work: number): number[] => seconds.map((s, i) => work / s / Math.max(gemm[i], gemm[i + 1]));
  return {
    tokensPerSecond,
    gemmPeak,
    peakMiB,
    disturbed: Math.min(...gemm) < steady * gemmPeak || (ofPeak ?? 0) > 1,
    ...(flops === undefined || ofPeak === undefined ? {} : { ofPeak, ofPeakMedian: median(paired(flops)) }),
    ...(other === undefined ? {} : { ofOther: tokensPerSecond / other.tokensPerSecond }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const percent = (ratio: number | undefined): string => (ratio === undefined ? '' : `${(100 * ratio).toFixed(1)} %`);
const times = (ratio: number | undefined): string => (ratio === undefined ? '' : `${ratio.toFixed(2)}×`);

function verdict({ targets = {} }: Piece, summary: Summary): string {
  const { ofPeak, peakMiB, ofOther } = targets;
  const parts: [string, boolean][] = [];
  if (ofPeak !== undefined) parts.push([`≥ ${(100 * ofPeak).toFixed(0)} %`, (summary.ofPeak ?? 0) >= ofPeak]);
  if (peakMiB !== undefined) parts.push([`≤ ${peakMiB} MiB`, summary.peakMiB <= peakMiB]);
  if (ofOther !== undefined) parts.push([`≥ ${ofOther}×`, (summary.ofOther ?? 0) >= ofOther]);
  const disturbed = summary.disturbed ? ['(disturbed: measure again)'] : [];
  return [...parts.map(([text, met]) => `${text} ${met ? 'met' : 'MISSED'}`), ...disturbed].join(', ');
}

const titles = ['', 'tokens/s', 'GEMM peak', 'of peak', 'median', 'of other', 'peak MiB', 'target'];

/** One line per piece, under the name of its model. */
export function table(
  rows: readonly { readonly piece: Piece; readonly heading?: string; readonly summary: Summary }[],
): string {
  const cells = rows.map(({ piece, summary: s }) => [
    `  ${piece.name}`,
    s.tokensPerSecond.toFixed(0),
    `${(s.gemmPeak / 1e9).toFixed(0)} GFLOP/s`,
    percent(s.ofPeak),
    percent(s.ofPeakMedian),
    times(s.ofOther),
    s.peakMiB.toFixed(0),
    verdict(piece, s),
  ]);
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 || i === row.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const lines = rows.flatMap(({ heading }, i) => [...(heading === undefined ? [] : [heading]), line(cells[i])]);
  return `${[line(titles), ...lines].join('\n')}\n`;
}
