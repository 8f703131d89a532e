/** Curves over numbers: what charts with two axes of numbers share. */
import type { LineSeriesOption } from 'echarts/charts';
import { chartLook } from '../shared/chart-look';
import type { ChartOption } from './chart-option';

export interface Axis {
  readonly name: string;
  readonly min?: number | 'dataMin';
  readonly max?: number | 'dataMax';
  readonly type?: 'value' | 'log';
  readonly logBase?: number;
  /** Not from zero on, but as the values need. */
  readonly scale?: boolean;
}

/** Two axes of numbers, in the colours of the theme. */
export function axes(x: Axis, y: Axis): ChartOption {
  const { font, rule, tooltip } = chartLook();
  const named = { nameTextStyle: font, nameLocation: 'middle' as const, axisLabel: { ...font, hideOverlap: true } };
  return {
    textStyle: { fontFamily: font.fontFamily },
    grid: { left: 64, right: 20, top: 12, bottom: 44 },
    xAxis: { type: 'value', ...x, ...named, nameGap: 26, axisLine: rule, splitLine: { show: false } },
    yAxis: { type: 'value', ...y, ...named, nameGap: 46, splitLine: rule },
    tooltip: { trigger: 'item', ...tooltip },
  };
}

export function curve(
  points: readonly (readonly [number, number])[],
  look: Pick<LineSeriesOption, 'color' | 'lineStyle' | 'step' | 'silent' | 'name' | 'showSymbol' | 'symbolSize'>,
): LineSeriesOption {
  return { type: 'line', symbol: 'circle', data: points.map(([x, y]) => [x, y]), ...look };
}
