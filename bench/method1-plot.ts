// Draws the curve of perplexity EM: node dist/bench/method1-plot.js <points.jsonl> <out.svg> [--documents <n>] [--tokens <per round and pile>].
// On the left what experts learn in a round, with the points of so many documents (the most by default); on the right documents, at so many
// tokens or the most that the documents allow. A line is the mean over seeds, a bar goes from the least to the largest.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { emSettings } from '../backend/split/methods/em/settings';
import { type Point, readPoints, type StartName, startNames } from './method1-points';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { documents: { type: 'string' }, tokens: { type: 'string' } },
});
const [from, out] = positionals;
const points = await readPoints(from);
const most = Number(options.documents ?? Math.max(...points.map(({ documents }) => documents)));
const tokens = Number(options.tokens ?? emSettings.tokensPerRound.usual());

// Middle tones, which can be read on white and on black.
const grey = '#7f7f7f';
const colours: Readonly<Record<StartName, string>> = {
  random: '#a9812f',
  bias: '#d9622b',
  unigram: '#2f8fd0',
  gradients: '#3f9f5f',
};
const [width, height, left, top, gap] = [340, 200, 48, 64, 72];

/** What lies along a panel: which points, and where. */
interface Axis {
  readonly label: string;
  readonly points: readonly Point[];
  readonly x: (point: Point) => number;
}
const axes: readonly Axis[] = [
  {
    label: `tokens that an expert learns from per round, ${grouped(most)} documents`,
    points: points.filter(({ documents }) => documents === most),
    x: ({ tokensPerRound }) => tokensPerRound,
  },
  {
    label: `documents, ${grouped(tokens)} tokens per round or what they allow`,
    points: points.filter(({ documents, tokensPerRound }) => tokensPerRound === mostAllowed(documents)),
    x: ({ documents }) => documents,
  },
];

function mostAllowed(documents: number): number {
  const budgets = points.filter((point) => point.documents === documents).map(({ tokensPerRound }) => tokensPerRound);
  return Math.max(...budgets.filter((budget) => budget <= tokens));
}

/** What stands upright in a panel: a figure of piles, what gold domains have of it, and values that are shown in any case. */
const figures = [
  { label: 'NMI', of: ({ nmi }: Point['found']) => nmi, gold: () => 1, shown: [0, 1] },
  {
    label: 'nats above the base per held-out token',
    of: ({ gain }: Point['found']) => gain,
    gold: ({ goldGain }: Point) => goldGain,
    shown: [],
  },
] as const;

const panels = figures.flatMap((figure, row) =>
  axes.map((axis, column) => panel(axis, figure, left + column * (width + gap), top + row * (height + gap))),
);
const size = `${left + 2 * (width + gap) - gap + 16} ${top + 2 * (height + gap)}`;
await writeFile(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" font-family="sans-serif" font-size="12" fill="${grey}">
<title>Perplexity EM: agreement with the gold domains and held-out likelihood, against tokens and documents</title>
${legend()}
${panels.join('\n')}
</svg>
`,
);

function legend(): string {
  const drawn = startsOf(points).map((start, i) =>
    label(left + i * 190, 16, startNames[start], 'start', colours[start]),
  );
  const how =
    'Full lines: after the rounds, with the least and the largest of the seeds; broken: what they began with; dotted: gold domains';
  return [...drawn, label(left, 36, how)].join('\n');
}

function startsOf(some: readonly Point[]): StartName[] {
  return (Object.keys(startNames) as StartName[]).filter((name) => some.some(({ start }) => start === name));
}

function panel({ label: along, points, x }: Axis, figure: (typeof figures)[number], X: number, Y: number): string {
  const { of, gold, shown } = figure;
  const xs = [...new Set(points.map(x))].sort((a, b) => a - b);
  const steps = ticks([...shown, ...points.flatMap((point) => [of(point.found), of(point.began), gold(point)])]);
  const [atX, atY] = [scale(xs.map(Math.log), X + 16, X + width - 16), scale(steps, Y + height, Y)];

  /** A line of the means at each x. */
  const line = (own: readonly Point[], value: (point: Point) => number, style: string): string => {
    const places = xs.map((at) => ({ at, values: own.filter((point) => x(point) === at).map(value) }));
    const path = places.filter(({ values }) => values.length > 0);
    const ends = path.map(({ at, values }) => `${atX(Math.log(at))},${atY(mean(values))}`);
    return `<polyline fill="none" points="${ends.join(' ')}" ${style}/>`;
  };
  const bars = (own: readonly Point[]): string[] =>
    xs.flatMap((at) => {
      const values = own.filter((point) => x(point) === at).map(({ found }) => of(found));
      if (values.length === 0) return [];
      const place = atX(Math.log(at));
      return [
        `<path d="M${place} ${atY(Math.min(...values))}V${atY(Math.max(...values))}"/>`,
        `<circle cx="${place}" cy="${atY(mean(values))}" r="2.5"/>`,
      ];
    });
  const curves = startsOf(points).flatMap((start) => {
    const own = points.filter((point) => point.start === start);
    return [
      `<g stroke="${colours[start]}" fill="${colours[start]}" stroke-width="1.5">`,
      line(own, ({ began }) => of(began), 'stroke-dasharray="5 4"'),
      line(own, ({ found }) => of(found), ''),
      ...bars(own),
      '</g>',
    ];
  });
  return [
    ...steps.map((step) => `<path stroke="${grey}" stroke-opacity=".3" d="M${X} ${atY(step)}h${width}"/>`),
    ...steps.map((step) => label(X - 6, atY(step) + 4, String(step), 'end')),
    ...xs.map((at) => label(atX(Math.log(at)), Y + height + 16, grouped(at), 'middle')),
    label(X, Y - 8, figure.label),
    label(X + width / 2, Y + height + 33, along, 'middle'),
    line(points, gold, `stroke="${grey}" stroke-dasharray="1 4"`),
    ...curves,
  ].join('\n');
}

function label(x: number, y: number, text: string, anchor = 'start', fill = grey): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${fill}">${text}</text>`;
}

/** From the range of these values to that from `begin` to `end`, in tenths of a pixel. */
function scale(values: readonly number[], begin: number, end: number): (value: number) => number {
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  const range = largest === least ? 1 : largest - least;
  return (value) => Math.round(10 * (begin + ((value - least) / range) * (end - begin))) / 10;
}

/** Round numbers around all these values: at most seven, one, two or five of a power of ten apart. */
function ticks(values: readonly number[]): number[] {
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  const power = 10 ** Math.floor(Math.log10((largest - least) / 5 || 1));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => (largest - least) / one <= 5) ?? 10 * power;
  const [first, last] = [Math.floor(least / step), Math.ceil(largest / step)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}
