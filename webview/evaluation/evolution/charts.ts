/** The charts of an evolution. */
import type { CustomSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import { formatFixed } from '../../../backend/base/format';
import { chartLook } from '../../shared/chart-look';
import { color } from '../../shared/theme';
import type { ChartOption } from '../chart-option';
import { axes, curve } from '../lines';
import { type Candidate, type Measure, measures, paretoFront, toldOf, type Tried } from './candidates';
import type { Lineage, Placed } from './lineage';

/** Themes of high contrast have no orange. */
const chosenColor = (): string => color('charts-orange') || color('focusBorder');

/** Candidates as points that tell who they are; dropped ones are hollow. The third value is the number. */
function points(
  places: readonly (readonly [x: number, y: number, candidate: Candidate])[],
  chosen: readonly number[],
): ScatterSeriesOption {
  const { font } = chartLook();
  return {
    type: 'scatter',
    symbolSize: 8,
    data: places.map(([x, y, { number, dropped }]) => {
      const isChosen = chosen.includes(number);
      const borderColor = isChosen ? chosenColor() : dropped ? font.color : color('charts-blue');
      return {
        value: [x, y, number],
        symbolSize: isChosen ? 12 : 8,
        itemStyle: { color: dropped ? color('editor-background') : borderColor, borderColor, borderWidth: 1.5 },
      };
    }),
    tooltip: { formatter: (point) => toldOf(places[[point].flat()[0].dataIndex][2]) },
  };
}

/** `chosen`: the candidates that are looked at, which stand out. */
export function bestOption(tried: readonly Tried[], chosen: readonly number[]): ChartOption {
  const known = tried.flatMap(({ calls, best }) => (best === undefined ? [] : [[calls, best] as const]));
  return {
    ...axes({ name: 'calls', min: 0 }, { name: 'fitness', scale: true }),
    series: [
      curve(known, {
        step: 'end',
        color: color('charts-green'),
        lineStyle: { width: 2 },
        showSymbol: false,
        silent: true,
      }),
      points(
        tried.map(({ candidate, calls }) => [calls, candidate.scores.fitness, candidate]),
        chosen,
      ),
    ],
  };
}

export function paretoOption(
  candidates: readonly Candidate[],
  [x, y]: readonly [Measure, Measure],
  chosen: readonly number[],
): ChartOption {
  const place = (one: Candidate) => [measures[x].of(one), measures[y].of(one)] as const;
  const front = paretoFront(candidates, x, y).map(place);
  return {
    ...axes(
      { name: measures[x].label.toLowerCase(), scale: true },
      { name: measures[y].label.toLowerCase(), scale: true },
    ),
    series: [
      curve(front, { color: color('charts-green'), lineStyle: { width: 2 }, showSymbol: false, silent: true }),
      points(
        candidates.map((one) => [...place(one), one]),
        chosen,
      ),
    ],
  };
}

/** Pixels of a candidate in the tree, and of the room around it. */
export const node = { width: 84, height: 38, across: 12, down: 34, margin: 2 } as const;

/** Pixels of the whole tree. */
export const sizeOf = ({ columns, rows }: Lineage): { width: number; height: number } => ({
  width: columns * (node.width + node.across) - node.across + 2 * node.margin,
  height: rows * (node.height + node.down) - node.down + 2 * node.margin,
});

/** The upper left corner of a candidate, in pixels. */
export const cornerOf = ({ column, row }: Pick<Placed, 'column' | 'row'>): { x: number; y: number } => ({
  x: node.margin + column * (node.width + node.across),
  y: node.margin + row * (node.height + node.down),
});

/** What stands out in the tree. */
export interface Shown {
  readonly best: number;
  /** Those whose texts are compared, and whom the second of them comes from. */
  readonly chosen: readonly number[];
  readonly ancestors: ReadonlySet<number>;
}

export function lineageOption({ placed, links }: Lineage, { best, chosen, ancestors }: Shown): ChartOption {
  const { rule, font } = chartLook();
  const lines: CustomSeriesOption = {
    type: 'custom',
    coordinateSystem: 'none',
    silent: true,
    data: links.map((_, i) => [i]),
    renderItem: ({ dataIndex }) => {
      const link = links[dataIndex];
      const leads = ancestors.has(link.parent.candidate.number) && ancestors.has(link.child.candidate.number);
      return lineOf(link, leads ? { stroke: chosenColor(), lineWidth: 1.5 } : { stroke: font.color, opacity: 0.35 });
    },
  };
  const boxes: CustomSeriesOption = {
    type: 'custom',
    coordinateSystem: 'none',
    silent: true,
    data: placed.map((_, i) => [i]),
    renderItem: ({ dataIndex }) => {
      const { candidate } = placed[dataIndex];
      const look = { isBest: candidate.number === best, isChosen: chosen.includes(candidate.number) };
      return boxOf(placed[dataIndex], look, rule.lineStyle.color);
    },
  };
  return { textStyle: { fontFamily: font.fontFamily }, series: [lines, boxes] };
}

function lineOf(
  { parent, child }: Lineage['links'][number],
  style: { readonly stroke: string; readonly lineWidth?: number; readonly opacity?: number },
) {
  const [from, to] = [cornerOf(parent), cornerOf(child)];
  const [x1, y1] = [from.x + node.width / 2, from.y + node.height];
  const [x2, y2] = [to.x + node.width / 2, to.y];
  // From a generation long ago it passes behind what stands between.
  const bend = Math.min(node.down, y2 - y1) * 0.6;
  return {
    type: 'bezierCurve' as const,
    shape: { x1, y1, x2, y2, cpx1: x1, cpy1: y1 + bend, cpx2: x2, cpy2: y2 - bend },
    style: { ...style, fill: 'none' },
  };
}

function boxOf(placed: Placed, { isBest, isChosen }: { isBest: boolean; isChosen: boolean }, border: string) {
  const { number, dropped, operator, scores } = placed.candidate;
  const { x, y } = cornerOf(placed);
  const { text, faint, font } = chartLook();
  const stroke = isChosen ? chosenColor() : isBest ? color('charts-green') : dropped ? faint : border;
  const written = (line: string, top: number, fill: string, size: number) => ({
    type: 'text' as const,
    x: x + node.width / 2,
    y: y + top,
    style: {
      text: line,
      fill,
      align: 'center' as const,
      font: `${size}px ${font.fontFamily}`,
      width: node.width - 8,
      overflow: 'truncate' as const,
    },
  });
  return {
    type: 'group' as const,
    children: [
      {
        type: 'rect' as const,
        shape: { x, y, width: node.width, height: node.height, r: 3 },
        style: {
          fill: color('editor-background'),
          stroke,
          lineWidth: isBest || isChosen ? 2 : 1,
          ...(dropped && { lineDash: [3, 3] }),
        },
      },
      written(`${number}${isBest ? ' ★' : ''}  ${formatFixed(scores.fitness, 2)}`, 5, dropped ? faint : text, 12),
      written(operator.replaceAll(/\s+/g, ' '), 22, faint, 10),
    ],
  };
}
