import { expertLetter } from '../../base/letter';
import { decimalsFor, formatFixed, ticks } from '../../base/format';
import { type Html, html } from './html';
import { expertClass } from './style';

// Every panel has the same box, in SVG units; the drawing scales with its column.
const width = 440;
const height = 190;
const plot = { left: 38, right: width - 76, top: 10, bottom: height - 26 };

export interface Series {
  readonly label: string;
  /** One value per round. */
  readonly values: readonly number[];
}

const x = (index: number, length: number): number =>
  plot.left + ((plot.right - plot.left) * index) / Math.max(1, length - 1);

function verticalScale(low: number, high: number): (value: number) => number {
  return (value) => plot.bottom - ((plot.bottom - plot.top) * (value - low)) / (high - low || 1);
}

function frame(
  rounds: readonly number[],
  marks: readonly number[],
  y: (value: number) => number,
  labels: string[],
): Html {
  const last = rounds.length - 1;
  const shown = last < 8 ? rounds.map((_, i) => i) : [0, Math.round(last / 2), last];
  return html`${marks.map(
    (tick, i) =>
      html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(tick)}" y2="${y(tick)}" />
        <text x="${plot.left - 7}" y="${y(tick) + 4}" text-anchor="end">${labels[i]}</text>`,
  )}
  ${shown.map((i) => html`<text x="${x(i, rounds.length)}" y="${plot.bottom + 18}" text-anchor="middle">${rounds[i]}</text>`)}`;
}

const drawing = (label: string, content: Html): Html =>
  html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${content}</svg>`;

/** Labels at the ends of lines, moved apart so that they never overlap. */
function spread(places: readonly number[], distance: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const result = [...places];
  order.forEach((i, rank) => {
    if (rank > 0) result[i] = Math.max(result[i], result[order[rank - 1]] + distance);
  });
  const overflow = Math.max(0, result[order[order.length - 1]] - (plot.bottom + 2));
  return result.map((place) => place - overflow);
}

/**
 * Lines over the rounds of one split, first series in front, each labelled at its end. `range` fixes the scale;
 * without it the scale fits the data and need not start at zero, as befits a loss.
 */
export function linePanel(
  rounds: readonly number[],
  series: readonly Series[],
  format: (value: number) => string,
  range?: readonly [number, number],
): Html {
  const all = series.flatMap((line) => line.values);
  const low = range?.[0] ?? Math.min(...all);
  const high = range?.[1] ?? Math.max(...all);
  const y = verticalScale(low, high);
  const marks = ticks(low, high, 4);
  const decimals = decimalsFor(marks);
  const ends = spread(
    series.map((line) => y(line.values[line.values.length - 1])),
    14,
  );
  const described = series.map(
    (l) => `${l.label} from ${format(l.values[0])} to ${format(l.values[l.values.length - 1])}`,
  );
  const lines = series.map((line, i) => {
    const kind = i > 0 ? 'second' : '';
    const points = line.values.map((value, j) => `${x(j, rounds.length).toFixed(1)},${y(value).toFixed(1)}`);
    const last = line.values[line.values.length - 1];
    return html`<polyline class="series ${kind}" points="${points.join(' ')}" />
      <circle class="end ${kind}" cx="${plot.right}" cy="${y(last)}" r="3.5" />
      <text class="${i === 0 ? 'strong' : ''}" x="${plot.right + 9}" y="${ends[i] + 4}"
        >${series.length > 1 ? `${line.label} ` : ''}${format(last)}</text
      >`;
  });
  return drawing(
    described.join('; '),
    html`${frame(
      rounds,
      marks,
      y,
      marks.map((m) => formatFixed(m, decimals)),
    )}${[...lines].reverse()}`,
  );
}

/** Shares of the piles over the rounds, stacked from A at the top; each band carries its letter at its end. */
export function sharePanel(rounds: readonly number[], shares: readonly (readonly number[])[]): Html {
  const y = verticalScale(1, 0);
  const edges = shares.map((row) =>
    row.reduce<number[]>((sums, share) => [...sums, sums[sums.length - 1] + share], [0]),
  );
  const count = Math.max(...shares.map((row) => row.length));
  const line = (band: number): string[] =>
    edges.map((sums, j) => `${x(j, rounds.length).toFixed(1)},${y(Math.min(1, sums[band] ?? 1)).toFixed(1)}`);
  const bands = Array.from({ length: count }, (_, band) => {
    const outline = [...line(band), ...line(band + 1).reverse()].join(' ');
    return html`<polygon class="band ${expertClass(band)}" points="${outline}" />`;
  });
  const final = edges[edges.length - 1];
  const middles = spread(
    final.slice(1).map((edge, band) => y((final[band] + edge) / 2)),
    14,
  );
  const last = shares[shares.length - 1];
  const letters = middles.map(
    (place, band) =>
      html`<text class="strong" x="${plot.right + 9}" y="${place + 4}"
        >${expertLetter(band)} <tspan font-weight="400">${formatFixed(100 * last[band], 0)}</tspan></text
      >`,
  );
  const marks = [0, 0.5, 1];
  return drawing(
    `Final shares: ${last.map((share, i) => `${expertLetter(i)} ${formatFixed(100 * share, 0)} percent`).join(', ')}`,
    html`${bands}${frame(rounds, marks, y, ['0', '50', '100'])}${letters}`,
  );
}
