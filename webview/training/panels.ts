/** The panels of the page: which curves they hold, and how they are drawn. */
import type { LineSeriesOption } from 'echarts/charts';
import {
  DataZoomInsideComponent,
  MarkAreaComponent,
  MarkPointComponent,
  type DataZoomComponentOption,
  type GridComponentOption,
  type TooltipComponentOption,
} from 'echarts/components';
import { type ComposeOption, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { expertLetter, letterIndex } from '../../backend/base/letter';
import type { Metric } from '../../backend/protocol/run';
import { chartLook } from '../shared/chart-look';
import { color, fontFamily, seriesColor } from '../shared/theme';
import { type Axis, type Band, bandsOf, curvesOf, panelOf, partOf, type Point, smoothed, thinned } from './curves';
import type { ShownRun, State } from './protocol';

use([DataZoomInsideComponent, LabelLayout, MarkAreaComponent, MarkPointComponent]);

export type ChartOption = ComposeOption<
  LineSeriesOption | GridComponentOption | TooltipComponentOption | DataZoomComponentOption
>;

export interface Line {
  /** By run and name: what is hidden is remembered by it. */
  readonly key: string;
  readonly label: string;
  readonly run: number;
  /** Of the expert; undefined for what is of all. */
  readonly expert: number | undefined;
  readonly points: readonly Point[];
}

export interface Panel {
  readonly name: string;
  readonly title: string;
  readonly axisName: string;
  readonly lines: readonly Line[];
  /** What the run was at, where one run is shown and was at more than one thing. */
  readonly bands: readonly Band[];
}

const titles: Record<string, string> = {
  loss: 'Loss, nats per token',
  'validation loss': 'Loss on validation texts, nats per token',
  'learning rate': 'Learning rate',
  entropy: 'Entropy of the piles, nats per document',
  share: 'Share of the documents in each pile',
  churn: 'Churn: share of the documents that changed their pile',
  dead: 'Dead experts: piles without documents',
};
/** Figures without noise from step to step: of a whole round of splitting, of all validation texts, or set. */
const unsmoothed = new Set(['learning rate', 'validation loss', 'entropy', 'share', 'churn', 'dead']);
/** Figures that are the better the lower: the lowest point is where what the run keeps was best. */
const marked = new Set(['validation loss']);
export const isMarked = ({ name }: Panel): boolean => marked.has(name);

const dashes = ['solid', 'dashed', 'dotted'] as const;

export function panelsOf(
  runs: readonly ShownRun[],
  points: ReadonlyMap<string, readonly Metric[]>,
  { axis, smoothing }: Pick<State, 'axis' | 'smoothing'>,
): Panel[] {
  const lines = new Map<string, Line[]>();
  runs.forEach(({ id, title }, run) => {
    for (const curve of curvesOf(points.get(id) ?? [], axis)) {
      const panel = panelOf(curve.name);
      const part = partOf(curve.name);
      const name = part === '' ? 'all' : part;
      const found = lines.get(panel) ?? [];
      lines.set(panel, found);
      found.push({
        key: `${id} ${curve.name}`,
        label: runs.length > 1 ? `${name} · ${run + 1} ${title}` : name,
        run,
        expert: part === '' ? undefined : letterIndex(part),
        points: thinned(smoothed(curve.points, unsmoothed.has(panel) ? 0 : smoothing)),
      });
    }
  });
  const only = runs.length === 1 ? (points.get(runs[0].id) ?? []) : [];
  return [...lines].map(([name, found]) => {
    const bands = bandsOf(only, axis, name);
    return {
      name,
      title: titles[name] ?? name,
      axisName: axisName(name, axis),
      lines: found,
      bands: bands.length > 1 ? bands : [],
    };
  });
}

function axisName(panel: string, axis: Axis): string {
  if (axis === 'seconds') return 'seconds of work';
  return unsmoothed.has(panel) ? 'round' : 'tokens';
}

export const lineColor = ({ expert }: Line): string =>
  expert === undefined ? color('foreground') : seriesColor(expert);
export const dashOf = ({ run }: Line): (typeof dashes)[number] => dashes[run % dashes.length];

export function chartOption(panel: Panel, hidden: ReadonlySet<string>): ChartOption {
  const { axisName, lines, name, bands } = panel;
  const { font, rule, tooltip } = chartLook();
  const whole = unsmoothed.has(name) && axisName === 'round';
  return {
    textStyle: { fontFamily: fontFamily() },
    grid: { left: 56, right: 24, top: bands.length > 0 ? 34 : 12, bottom: 40 },
    xAxis: {
      type: 'value',
      name: axisName,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: font,
      min: 'dataMin',
      max: 'dataMax',
      ...(whole ? { minInterval: 1 } : {}),
      axisLabel: { ...font, hideOverlap: true },
      axisLine: rule,
      splitLine: { show: false },
    },
    yAxis: { type: 'value', scale: name === 'loss', axisLabel: font, splitLine: rule },
    dataZoom: [{ type: 'inside', filterMode: 'none' }],
    tooltip: {
      trigger: 'axis',
      ...tooltip,
      valueFormatter: (value) => (typeof value === 'number' ? value.toPrecision(4) : ''),
    },
    series: lines
      .filter(({ key }) => !hidden.has(key))
      .map((line, i) => ({
        type: 'line',
        id: line.key,
        name: line.label,
        data: line.points.map(([x, y]) => [x, y]),
        showSymbol: line.points.length < 30,
        symbolSize: 5,
        color: lineColor(line),
        ...(i === 0 && bands.length > 0 && { markArea: areasOf(bands) }),
        ...(isMarked(panel) && { markPoint: lowestOf(line) }),
        lineStyle: { width: line.expert === undefined ? 2 : 1.5, type: dashOf(line) },
        // Colours begin anew after six experts: the letter at its end tells whose a curve is.
        ...(line.expert !== undefined && {
          endLabel: {
            show: true,
            formatter: expertLetter(line.expert),
            color: lineColor(line),
            fontFamily: fontFamily(),
          },
          labelLayout: { moveOverlap: 'shiftY' as const },
        }),
      })),
  };
}

/** Every second stage on another ground, each with its name above it. */
function areasOf(bands: readonly Band[]): NonNullable<LineSeriesOption['markArea']> {
  const { font, faint } = chartLook();
  return {
    silent: true,
    label: { ...font, position: 'top', distance: 12, overflow: 'truncate' },
    data: bands.map(({ stage, from, to }, i) => [
      { name: stage, xAxis: from, itemStyle: { color: i % 2 === 0 ? faint : 'transparent', opacity: 0.08 } },
      { xAxis: to },
    ]),
  };
}

function lowestOf({ points }: Line): NonNullable<LineSeriesOption['markPoint']> {
  const lowest = points.reduce((best, point) => (point[1] < best[1] ? point : best));
  return {
    silent: true,
    symbol: 'diamond',
    symbolSize: 11,
    label: { show: false },
    data: [{ name: 'lowest', coord: [...lowest] }],
  };
}
