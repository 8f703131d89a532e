/** The table of a sweep: what each combination of the parts of a method is worth. */
import { z } from 'zod';
import { tableOf } from '../base/table';

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

const titles = [
  'Split: start, β, balance, prefix',
  'NMI',
  'from',
  'to',
  'ARI',
  'dead',
  'perplexity',
  'seconds',
] as const;

/** Titles and cells of the table, means over seeds; `from` and `to` are the least and the largest NMI of a seed. */
export function sweepCells(lines: readonly SweepLine[]): {
  readonly titles: readonly string[];
  readonly rows: string[][];
} {
  return { titles, rows: lines.map(cellsOf) };
}

function cellsOf({ name, splits }: SweepLine): string[] {
  const of = (figure: string): number[] =>
    splits.flatMap(({ figures }) => (typeof figures[figure] === 'number' ? [figures[figure]] : []));
  const [nmi, perplexity] = [of('nmi'), of('perplexity')];
  return [
    name,
    fixed(mean(nmi), 3),
    fixed(Math.min(...nmi), 3),
    fixed(Math.max(...nmi), 3),
    fixed(mean(of('ari')), 3),
    fixed(mean(of('dead')), 1),
    perplexity.length === 0 ? '' : Math.exp(mean(perplexity.map(Math.log))).toFixed(2),
    fixed(mean(splits.map(({ seconds }) => seconds)), 1),
  ];
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const fixed = (number: number, digits: number): string => (Number.isFinite(number) ? number.toFixed(digits) : '');

/** The same as a table in Markdown. */
export function sweepMarkdown(lines: readonly SweepLine[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const { titles: heads, rows } = sweepCells(lines);
  return [row(heads), row(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(row)].join('');
}
