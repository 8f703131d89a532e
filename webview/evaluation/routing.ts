/** How well the weights of a mixture find the best expert: how sure they are beside how often they are right, and how soon. */
import { formatCount, formatFixed, formatPercent } from '../../backend/base/format';
import type { Routing } from '../../backend/protocol/routing';
import { chartLook } from '../shared/chart-look';
import { color } from '../shared/theme';
import type { ChartOption } from './chart-option';
import { dataTable, numbers } from '../shared/data-table';
import { figure } from './figure';
import { axes, curve } from './lines';
import type { Tools } from './tools';

export function routingFigures(routing: Routing | undefined, tools: Tools): unknown {
  if (routing === undefined) return '';
  return [prefixes(routing, tools), reliability(routing, tools)];
}

function reliability({ reliability: bins, ece, brier }: Routing, tools: Tools): unknown {
  if (bins.length === 0) return '';
  const draw = (): ChartOption => {
    const { font } = chartLook();
    const [from, to] = [0, 1];
    return {
      ...axes({ name: 'largest weight', min: from, max: to }, { name: 'how often it is right', min: from, max: to }),
      series: [
        curve(
          [
            [from, from],
            [to, to],
          ],
          { color: font.color, lineStyle: { type: 'dashed', width: 1 }, showSymbol: false, silent: true },
        ),
        curve(
          bins.map(({ confidence, accuracy }) => [confidence, accuracy]),
          { color: color('charts-blue'), symbolSize: 8 },
        ),
      ],
    };
  };
  const columns = numbers('Weight from', 'Mean weight', 'Right', 'Tokens');
  const rows = bins.map(({ from, confidence, accuracy, tokens }) => ({
    cells: [formatFixed(from, 1), formatFixed(confidence), formatFixed(accuracy), formatCount(tokens)],
  }));
  const words = `On the dashed line a weight is as large as it should be. Expected calibration error ${formatFixed(ece)}, Brier score ${formatFixed(brier)}.`;
  return figure(
    { title: 'Calibration', words, height: 260, draw, isSquare: true, table: dataTable('Calibration', columns, rows) },
    tools,
  );
}

function prefixes({ byPrefix }: Routing, tools: Tools): unknown {
  if (byPrefix.length === 0) return '';
  const draw = (): ChartOption => ({
    ...axes(
      { name: 'tokens read', type: 'log', logBase: 2, min: 'dataMin', max: 'dataMax' },
      { name: 'finds the best expert', min: 0, max: 1 },
    ),
    series: [
      curve(
        byPrefix.map(({ tokens, accuracy }) => [tokens, accuracy]),
        { color: color('charts-blue'), symbolSize: 8 },
      ),
    ],
  });
  const columns = [
    ...numbers('Tokens read', 'Finds the best expert'),
    {
      title: 'Cost',
      told: 'Of staying with the expert of the largest weight, nats per token of the rest',
      isNumber: true,
    },
    ...numbers('Documents'),
  ];
  const rows = byPrefix.map(({ tokens, accuracy, regret, documents }) => ({
    cells: [formatCount(tokens), formatPercent(accuracy), formatFixed(regret), formatCount(documents)],
  }));
  const words =
    'How often the expert with the largest weight is the one that predicts the rest of a text best, and what staying with it costs, in nats per token.';
  return figure(
    {
      title: 'Routing by Prefix',
      words,
      height: 260,
      draw,
      isSquare: true,
      table: dataTable('Routing by prefix', columns, rows),
    },
    tools,
  );
}
