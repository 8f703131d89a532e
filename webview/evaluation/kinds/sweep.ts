import { formatFixed, formatNumber } from '../../../backend/base/format';
import type { SweepTable } from '../../../backend/protocol/sweep';
import { overSeeds, type SweepFigure, sweepFigures } from '../../../backend/protocol/sweep-figures';
import { chosenOf, type Options, select } from '../controls';
import { dataTable, nameOf, numbers } from '../../shared/data-table';
import { figure } from '../figure';
import type { Mark } from '../../shared/intervals';
import { heightOf, intervalsOption } from '../intervals-chart';
import { heading, notesOf } from '../parts';
import type { Tools } from '../tools';

type Name = keyof typeof sweepFigures;

/** The mean over seeds of each line that has the figure, from the least to the largest. */
export function marksOf({ lines }: SweepTable, of: SweepFigure): Mark[] {
  return lines.flatMap((line): Mark[] => {
    const found = overSeeds(line, of);
    if (found === undefined) return [];
    return [{ name: line.name, value: found.mean, lo: found.least, hi: found.largest, look: 'main' }];
  });
}

export function sweep(table: SweepTable, tools: Tools): unknown {
  const { lines } = table;
  const known = (Object.keys(sweepFigures) as Name[]).filter((name) => marksOf(table, sweepFigures[name]).length > 0);
  const seeds = lines.at(0)?.splits.length ?? 0;
  const rows = lines.map((line) => ({
    cells: [
      nameOf(line.name),
      ...known.flatMap((name) => {
        const { mean, least, largest } = overSeeds(line, sweepFigures[name]) ?? {};
        const shown = seeds > 1 ? [mean, least, largest] : [mean];
        return shown.map((value) => (value === undefined ? '' : formatFixed(value, sweepFigures[name].decimals)));
      }),
    ],
  }));
  const titles = known.flatMap((name) => [titleOf(name), ...(seeds > 1 ? ['from', 'to'] : [])]);
  return [
    heading('Splits'),
    dataTable('Splits', [{ title: 'Start, β, balance, prefix' }, ...numbers(...titles)], rows),
    known.length === 0 ? '' : chart(table, known, tools),
    notesOf([`Means over ${formatNumber(seeds, 'seed')}${seeds > 1 ? ', from the least to the largest' : ''}.`]),
  ];
}

function chart(table: SweepTable, known: readonly Name[], tools: Tools): unknown {
  const options: Options<Name> = known.map((name) => [name, titleOf(name)]);
  const value = chosenOf(tools, 'figure', options);
  const { decimals } = sweepFigures[value];
  const marks = marksOf(table, sweepFigures[value]);
  return figure(
    {
      title: 'What the Parts Are Worth',
      words: 'A dot is the mean over seeds, a whisker goes from the least to the largest seed.',
      controls: select(tools, { name: 'figure', label: 'Show', options, value }),
      height: heightOf(marks.length),
      draw: (size) =>
        intervalsOption(
          { marks, axis: titleOf(value), format: (one) => formatFixed(one, Math.min(2, decimals)), range: 'seeds' },
          size,
        ),
    },
    tools,
  );
}

function titleOf(name: Name): string {
  const { label } = sweepFigures[name];
  return label.charAt(0).toUpperCase() + label.slice(1);
}
