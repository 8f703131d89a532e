/** Draws figures with their intervals. */
import type { CustomSeriesOption } from 'echarts/charts';
import { chartLook } from '../shared/chart-look';
import type { Size } from '../shared/size';
import { color } from '../shared/theme';
import type { ChartOption } from './chart-option';
import { type Intervals, type Mark, spanOf, toldOf } from '../shared/intervals';

/** Pixels. */
const [rowHeight, below] = [26, 48];
export const heightOf = (rows: number): number => rows * rowHeight + below;

export function intervalsOption(intervals: Intervals, { width }: Size): ChartOption {
  const { marks, axis, format, reference } = intervals;
  const { font, rule, text, tooltip } = chartLook();
  const [min, max] = spanOf(intervals);
  const longest = Math.max(...marks.map(({ name }) => name.length));
  const names = Math.round(Math.min(longest * 7 + 4, Math.max(90, 0.36 * width)));
  const colors = { main: color('charts-blue'), plain: font.color, bound: color('charts-yellow') };
  return {
    textStyle: { fontFamily: font.fontFamily },
    grid: { left: names + 12, right: 20, top: 4, bottom: below - 4 },
    xAxis: {
      type: 'value',
      min,
      max,
      name: axis,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: font,
      axisLabel: { ...font, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: format },
      axisLine: { show: false },
      splitNumber: width < 600 ? 3 : 5,
      splitLine: { ...rule, showMinLine: false, showMaxLine: false },
    },
    yAxis: {
      type: 'category',
      // Two rows of one name are two rows.
      data: marks.map((_, i) => String(i)),
      inverse: true,
      axisLabel: {
        ...font,
        color: text,
        interval: 0,
        width: names,
        // Below the words of the page.
        align: 'left',
        margin: names + 12,
        overflow: 'truncate',
        formatter: (i: string) => marks[Number(i)].name.replaceAll(/\s+/g, ' '),
      },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    tooltip: {
      trigger: 'item',
      ...tooltip,
      formatter: (point) => {
        const mark = marks[[point].flat()[0].dataIndex];
        return `${mark.name}\n${toldOf(mark, intervals)}`;
      },
    },
    series: [
      ...(reference === undefined ? [] : [referenceLine(reference, font.color)]),
      whiskers(marks, colors),
      {
        type: 'scatter',
        data: marks.map(({ value, look }, i) => ({
          value: [value, i],
          symbol: look === 'bound' ? 'diamond' : 'circle',
          symbolSize: look === 'bound' ? 11 : 9,
          itemStyle: {
            color: look === 'bound' ? color('editor-background') : colors[look],
            borderColor: colors[look],
            borderWidth: 1.5,
          },
        })),
        cursor: 'default',
      },
    ],
  };
}

function referenceLine(at: number, stroke: string): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    data: [[at, 0]],
    renderItem: (params, api) => {
      const [x] = api.coord([at, 0]);
      const { y, height } = params.coordSys as unknown as { y: number; height: number };
      return { type: 'line', shape: { x1: x, x2: x, y1: y, y2: y + height }, style: { stroke, lineDash: [4, 3] } };
    },
  };
}

function whiskers(marks: readonly Mark[], colors: Readonly<Record<Mark['look'], string>>): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    data: marks.map(({ lo, hi, value }, i) => [lo ?? value, hi ?? value, i]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (_, api) => {
      const row = Number(api.value(2));
      const [left, y] = api.coord([api.value(0), row]);
      const [right] = api.coord([api.value(1), row]);
      const style = { stroke: colors[marks[row].look], lineWidth: 1.5 };
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line' as const,
        shape: { x1, y1, x2, y2 },
        style,
      });
      const ends = right > left ? [line(left, y - 4, left, y + 4), line(right, y - 4, right, y + 4)] : [];
      return { type: 'group', children: [line(left, y, right, y), ...ends] };
    },
  };
}
