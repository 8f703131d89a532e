import type { Ready, Sample } from './contender';
import type { Targets } from './pieces';

/** What one contender of a group did. */
export interface Measurement extends Ready {
  readonly name: string;
  readonly model: string;
  readonly by: 'engine' | 'peft';
  /** Of PEFT's numbers, where they are not float32. */
  readonly dtype?: string;
  readonly targets: Targets;
  /** One per round. */
  readonly samples: Sample[];
}

/** Every speed as a ratio within the same run. */
export interface Summary {
  /** Of the best round. */
  readonly tokensPerSecond: number;
  /** Best GEMM speed seen beside this contender's rounds, FLOP/s. */
  readonly gemmPeak: number;
  /** The best round against the best of the yardstick: both as undisturbed as this run could get. */
  readonly ofPeak?: number;
  /** tokens/s against those of the group's first piece and of PEFT at the same work: median over the rounds. */
  readonly ofFirst?: number;
  readonly ofPeft?: number;
  /** The least and the largest of the ratios whose median is told. */
  readonly range?: readonly [number, number];
  readonly peakMiB: number;
  /** Whether the yardstick varied so much, or was outrun by the work, that shares of the peak prove nothing. */
  readonly disturbed: boolean;
}

// The least of the bursts against the best; in the quietest runs seen on a shared machine they differed by 4 to 7 per cent.
const steady = 0.85;

/** `first` and `peft` are whom the measurement is compared with. */
export function summarise(
  measurement: Measurement,
  { first, peft }: { readonly first?: Measurement; readonly peft?: Measurement } = {},
): Summary {
  const { tokens, flops, samples } = measurement;
  const best = Math.min(...samples.map(({ seconds }) => seconds));
  const bursts = samples.map(({ gemm }) => gemm);
  const gemmPeak = Math.max(...bursts);
  const ofPeak = flops === undefined ? undefined : flops / best / gemmPeak;
  const against = peft ?? first;
  return {
    tokensPerSecond: tokens / best,
    gemmPeak,
    peakMiB: samples[samples.length - 1].peakMiB,
    disturbed: Math.min(...bursts) < steady * gemmPeak || (ofPeak ?? 0) > 1,
    ...(ofPeak === undefined ? {} : { ofPeak }),
    ...(first === undefined ? {} : { ofFirst: median(ratios(measurement, first)) }),
    ...(peft === undefined ? {} : { ofPeft: median(ratios(measurement, peft)) }),
    ...(against === undefined ? {} : { range: extremes(ratios(measurement, against)) }),
  };
}

/** tokens/s of one against the other's, round by round. */
function ratios(one: Measurement, other: Measurement): number[] {
  return one.samples.map(({ seconds }, i) => one.tokens / seconds / (other.tokens / other.samples[i].seconds));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

function extremes(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

const percent = (ratio: number | undefined): string => (ratio === undefined ? '' : `${(100 * ratio).toFixed(1)} %`);
const times = (ratio: number | undefined): string => (ratio === undefined ? '' : `${ratio.toFixed(2)}×`);
const span = (range: Summary['range']): string =>
  range === undefined ? '' : `${range[0].toFixed(2)}–${range[1].toFixed(2)}`;

function verdict({ ofPeak, ofFirst, ofPeft, peakMiB }: Targets, summary: Summary): string {
  const parts: [string, boolean][] = [];
  if (ofPeak !== undefined) parts.push([`≥ ${(100 * ofPeak).toFixed(0)} %`, (summary.ofPeak ?? 0) >= ofPeak]);
  if (ofFirst !== undefined) parts.push([`≥ ${ofFirst}× first`, (summary.ofFirst ?? 0) >= ofFirst]);
  if (ofPeft !== undefined && summary.ofPeft !== undefined) parts.push([`≥ ${ofPeft}× PEFT`, summary.ofPeft >= ofPeft]);
  if (peakMiB !== undefined) parts.push([`≤ ${peakMiB} MiB`, summary.peakMiB <= peakMiB]);
  const disturbed = summary.disturbed ? ['(disturbed)'] : [];
  return [...parts.map(([text, met]) => `${text} ${met ? 'met' : 'MISSED'}`), ...disturbed].join(', ');
}

const titles = ['', 'tokens/s', 'GEMM peak', 'of peak', 'of first', 'of PEFT', 'range', 'peak MiB', 'target'];

function row(measurement: Measurement, group: readonly Measurement[]): string[] {
  const { name, by, dtype } = measurement;
  const [first] = group;
  const peft = by === 'engine' ? group.find((other) => other.by === 'peft' && other.name === name) : undefined;
  const others = { ...(by === 'engine' && first !== measurement ? { first } : {}), ...(peft ? { peft } : {}) };
  const s = summarise(measurement, others);
  return [
    by === 'peft' ? `    PyTorch + PEFT${dtype === undefined ? '' : `, ${dtype}`}` : `  ${name}`,
    s.tokensPerSecond.toFixed(0),
    `${(s.gemmPeak / 1e9).toFixed(0)} GFLOP/s`,
    percent(s.ofPeak),
    times(s.ofFirst),
    times(s.ofPeft),
    span(s.range),
    s.peakMiB.toFixed(0),
    by === 'peft' ? '' : verdict(measurement.targets, s),
  ];
}

/** One line per contender, under the name of its model. */
export function table(groups: readonly (readonly Measurement[])[]): string {
  const lines = groups.flatMap((group) => group.map((one) => ({ model: one.model, cells: row(one, group) })));
  const widths = titles.map((title, i) => Math.max(title.length, ...lines.map(({ cells }) => cells[i].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const body = lines.flatMap(({ model, cells }, i) => [...(model === lines[i - 1]?.model ? [] : [model]), line(cells)]);
  return `${[line(titles), ...body].join('\n')}\n`;
}
