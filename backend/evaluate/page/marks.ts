import { expertLetter } from '../../base/letter';
import { decimalsFor, formatFixed, ticks } from '../../base/format';
import { type HtmlContent, type Html, html } from './html';
import { expertClass } from './style';

/** An expert's letter in its colour. */
export const badge = (index: number): Html =>
  html`<span class="badge ${expertClass(index)}">${expertLetter(index)}</span>`;

/** Text of a person or a corpus: its writing direction stays its own. */
export const quoted = (text: string): Html => html`<bdi>${text}</bdi>`;

/** A box that scrolls sideways, by keyboard too, where a table is wider than the window. */
export const scroller = (label: string, content: Html): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${content}</div>`;

export interface DotRow {
  readonly label: HtmlContent;
  /** The row's figures in words; without them a reader of the page by ear would have nothing. */
  readonly figures: HtmlContent;
  readonly value: number;
  readonly interval?: readonly [number, number] | undefined;
  /** Single runs behind the value, drawn as small strokes. */
  readonly marks?: readonly number[] | undefined;
  /** The row the reader should find first. */
  readonly lead?: boolean | undefined;
  /** May fall off the scale, so that one far value does not squeeze the others together. */
  readonly far?: boolean | undefined;
}

function scaleOf(rows: readonly DotRow[], zero: number | undefined): (value: number) => number {
  const extent = (chosen: readonly DotRow[]): number[] => [
    ...chosen.flatMap((row) => [row.value, ...(row.interval ?? []), ...(row.marks ?? [])]),
    ...(zero === undefined ? [] : [zero]),
  ];
  const near = extent(rows.filter((row) => !row.far));
  const all = extent(rows);
  const span = Math.max(...near) - Math.min(...near);
  const squeezes = Math.max(...all) - Math.min(...all) > 1.8 * span && near.length > 1;
  const values = squeezes ? near : all;
  const margin = 0.06 * (Math.max(...values) - Math.min(...values)) || 0.01;
  const [low, high] = [Math.min(...values) - margin, Math.max(...values) + margin];
  return (value) => (value - low) / (high - low);
}

const percent = (place: number): string => `${(place * 100).toFixed(2)}%`;

function rowMarks(row: DotRow, place: (value: number) => number): Html {
  const at = place(row.value);
  if (at > 1 || at < 0) {
    const edge = at > 1 ? 1 : 0;
    const [x, anchor, arrow] = edge ? ['100%', 'end', 'off the scale →'] : ['0%', 'start', '← off the scale'];
    return html`<text x="${x}" y="50%" dy="4" text-anchor="${anchor}">${arrow}</text>`;
  }
  const [lo, hi] = row.interval ?? [row.value, row.value];
  return html`<g class="${row.lead ? 'lead-mark' : ''}">
    ${(row.marks ?? []).map((m) => html`<line class="seed" x1="${percent(place(m))}" x2="${percent(place(m))}" y1="28%" y2="72%" />`)}
    <line class="bar" x1="${percent(place(lo))}" x2="${percent(place(hi))}" y1="50%" y2="50%" />
    <circle class="dot" cx="${percent(at)}" cy="50%" r="${row.lead ? 6 : 4.5}"
  /></g>`;
}

/**
 * A dot and its interval per row on one shared scale. Places are percentages, so the chart takes any width while its text
 * keeps its size. Low values are the better ones. `zero` draws a reference line.
 */
export function dotChart(rows: readonly DotRow[], axis: string, zero?: number): Html {
  const place = scaleOf(rows, zero);
  // Invert the linear scale from two of its points to find the values at its ends.
  const unit = place(1) - place(0);
  const ends = [-place(0) / unit, (1 - place(0)) / unit];
  const marks = ticks(ends[0], ends[1], 5);
  const decimals = decimalsFor(marks);
  const grid = marks.map((tick) => {
    const x = percent(place(tick));
    return html`<line class="${tick === zero ? 'zero' : 'grid'}" x1="${x}" x2="${x}" y1="0" y2="100%" />`;
  });
  const labels = marks.map(
    (tick) => html`<text x="${percent(place(tick))}" y="14" text-anchor="middle">${formatFixed(tick, decimals)}</text>`,
  );
  return html`<div class="chart">
    ${rows.map(
      (row) =>
        html`<div class="row ${row.lead ? 'lead' : ''}">
          <div>${row.label}</div>
          <svg aria-hidden="true">${grid}${rowMarks(row, place)}</svg>
          <div class="figures">${row.figures}</div>
        </div>`,
    )}
    <div class="row">
      <svg class="axis" aria-hidden="true">
        ${labels}
        <text x="0" y="34">← better</text>
        <text x="50%" y="34" text-anchor="middle">${axis}</text>
        <text x="100%" y="34" text-anchor="end">worse →</text>
      </svg>
    </div>
  </div>`;
}
