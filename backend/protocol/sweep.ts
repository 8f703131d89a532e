/** The table of a sweep: what each combination of the parts of a method is worth. */
import { z } from 'zod';
import { tableOf } from '../base/table';
import { overSeeds, type SweepFigure, sweepFigures } from './sweep-figures';

const value = z.union([z.number(), z.string(), z.boolean()]);

const line = z.strictObject({
  name: z.string(),
  method: z.string(),
  /** The settings that tell it from the other lines. */
  parts: tableOf(value),
  /** One per seed, with the figures of its quality by name. */
  splits: z.array(z.strictObject({ split: z.string(), seed: z.int(), seconds: z.number(), figures: tableOf(value) })),
});
export type SweepLine = z.infer<typeof line>;

export const sweepTable = z.strictObject({ lines: z.array(line) });
export type SweepTable = z.infer<typeof sweepTable>;

const { nmi, ari, dead, perplexity, seconds } = sweepFigures;
const titles = ['Split: start, β, balance, prefix', nmi.label, 'from', 'to'].concat(
  [ari, dead, perplexity, seconds].map(({ label }) => label),
);

/** Titles and cells of the table, means over seeds; `from` and `to` are the least and the largest NMI of a seed. */
export function sweepCells(lines: readonly SweepLine[]): {
  readonly titles: readonly string[];
  readonly rows: string[][];
} {
  return { titles, rows: lines.map(cellsOf) };
}

function cellsOf(line: SweepLine): string[] {
  const meanOf = (figure: SweepFigure): string => fixed(overSeeds(line, figure)?.mean, figure.decimals);
  const { least, largest } = overSeeds(line, nmi) ?? {};
  const range = [least, largest].map((value) => fixed(value, nmi.decimals));
  return [line.name, meanOf(nmi), ...range, ...[ari, dead, perplexity, seconds].map(meanOf)];
}

const fixed = (number: number | undefined, digits: number): string => number?.toFixed(digits) ?? '';

/** The same as a table in Markdown. */
export function sweepMarkdown(lines: readonly SweepLine[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const { titles: heads, rows } = sweepCells(lines);
  return [row(heads), row(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(row)].join('');
}
