import stringWidth from 'string-width';
import { isId } from '../protocol/records';
import { printable } from '../base/printable';
import { type Terminal, styled, truncate } from './terminal';

export interface Column {
  readonly title: string;
  /** Numbers go right, the default; words go left and may be cut short, but for ids. */
  readonly align?: 'left' | 'right';
  /** What people copy from here, such as names of models: never cut, as ids are not. */
  readonly whole?: boolean;
}

export interface TableRow {
  readonly cells: readonly string[];
  /** Stands out: the row a reader looks for. */
  readonly lead?: boolean;
}

const padded = (text: string, width: number, align: 'left' | 'right' = 'right'): string => {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'left' ? text + space : space + text;
};

// Words are cut to no fewer cells than this, the name of a row to no fewer than the second.
const shortest = 10;
const shortestName = 14;

/** Cut to at most `width` cells, where it may be cut. */
const cut = (text: string, width: number, { whole }: Column): string =>
  whole === true || isId(text) ? text : truncate(text, width);

const spread = (widths: readonly number[], gap: number): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);

/** How narrow each column may get: numbers and what is never cut keep their width. */
function leastWidths(columns: readonly Column[], natural: readonly number[], rows: readonly TableRow[]): number[] {
  return columns.map(({ align, whole }, i) => {
    if (align !== 'left' || whole === true) return natural[i];
    const ids = rows.map(({ cells }) => (isId(cells[i]) ? cells[i].length : 0));
    return Math.min(natural[i], Math.max(i === 0 ? shortestName : shortest, ...ids));
  });
}

/** Widths of the columns once words are cut to fit, or undefined where even that is too wide. */
function fitWidths(
  least: readonly number[],
  natural: readonly number[],
  gap: number,
  room: number,
): number[] | undefined {
  const widths = [...natural];
  // Cut the widest column of words, cell by cell, as long as it stays legible.
  while (spread(widths, gap) > room) {
    const words = widths.map((width, i) => ({ width, i })).filter(({ width, i }) => width > least[i]);
    const widest = words.sort((a, b) => b.width - a.width)[0];
    if (!widest) return undefined;
    widths[widest.i]--;
  }
  return widths;
}

/** Columns in bands that fit one above the other, each led by the first column; undefined where not even two columns fit. */
function wrapColumns(least: number, natural: readonly number[], gap: number, room: number): number[][] | undefined {
  const name = Math.min(natural[0], Math.max(least, room - gap - Math.max(...natural.slice(1))));
  const bands: number[][] = [];
  for (let i = 1; i < natural.length; i++) {
    if (spread([name, natural[i]], gap) > room) return undefined;
    const band = bands[bands.length - 1] ?? [];
    if (band.length > 0 && spread([name, ...[...band.slice(1), i].map((c) => natural[c])], gap) <= room) band.push(i);
    else bands.push([0, i]);
  }
  return bands;
}

/** One block per row, a line per cell: for terminals too narrow for a table. */
function renderBlocks(columns: readonly Column[], rows: readonly TableRow[], terminal: Terminal): string {
  const room = terminal.columns - 1;
  const name = Math.min(Math.max(...columns.slice(1).map(({ title }) => stringWidth(title))), Math.floor(room / 2));
  const blocks = rows.map(({ cells, lead }) => {
    const head = cut(cells[0], room, columns[0]);
    const lines = columns.slice(1).map((column, i) => {
      const label = padded(truncate(column.title, name), name, 'left');
      return `  ${styled(terminal, 'dim', label)}  ${cut(cells[i + 1], Math.max(1, room - name - 4), column)}`;
    });
    return [lead ? styled(terminal, 'bold', head) : head, ...lines].join('\n');
  });
  return `${blocks.join('\n')}\n`;
}

function renderAligned(
  columns: readonly Column[],
  rows: readonly TableRow[],
  widths: readonly number[],
  gap: number,
  terminal: Terminal,
): string {
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => padded(cut(cell, widths[i], columns[i]), widths[i], columns[i].align))
      .join(' '.repeat(gap))
      .trimEnd();
  const head = [line(columns.map(({ title }) => title)), '─'.repeat(spread(widths, gap))];
  const body = rows.map(({ cells, lead }) => (lead ? styled(terminal, 'bold', line(cells)) : line(cells)));
  return `${[...head.map((text) => styled(terminal, 'dim', text)), ...body].join('\n')}\n`;
}

/**
 * An aligned table that ends with a line feed. Where it is too wide, columns close up and words are cut, but never an id; then
 * columns wrap into further tables below, each with the first column again; in the narrowest terminals each row becomes a block.
 */
export function renderTable(columns: readonly Column[], rows: readonly TableRow[], terminal: Terminal): string {
  const room = terminal.columns - 1;
  const safe = rows.map((row) => ({
    ...row,
    cells: row.cells.map((cell) => printable(cell).replaceAll(/[\n\t]+/g, ' ')),
  }));
  const natural = columns.map(({ title }, i) =>
    Math.max(stringWidth(title), ...safe.map(({ cells }) => stringWidth(cells[i]))),
  );
  const gap = spread(natural, 3) <= room ? 3 : 2;
  const least = leastWidths(columns, natural, safe);
  const widths = fitWidths(least, natural, gap, room);
  if (widths) return renderAligned(columns, safe, widths, gap, terminal);
  const bands = wrapColumns(least[0], natural, gap, room);
  if (!bands) return renderBlocks(columns, safe, terminal);
  return bands
    .map((band) => {
      const part = safe.map((row) => ({ ...row, cells: band.map((i) => row.cells[i]) }));
      const kept = band.map((i) => columns[i]);
      const fitted = band.map((i) => natural[i]);
      fitted[0] = Math.min(fitted[0], room - spread(fitted.slice(1), gap) - gap);
      return renderAligned(kept, part, fitted, gap, terminal);
    })
    .join('\n');
}
