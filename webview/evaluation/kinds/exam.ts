import { formatCount, formatFixed, formatNumber, formatSigned } from '../../../backend/base/format';
import type { ExamRow, ExamTable } from '../../../backend/protocol/exam';
import { chosenOf, type Options, select } from '../controls';
import { type Column, dataTable, nameOf, numbers } from '../../shared/data-table';
import { figure } from '../figure';
import { heatMap } from '../heat';
import type { Intervals, Mark } from '../../shared/intervals';
import { heightOf, intervalsOption } from '../intervals-chart';
import { heading, notesOf } from '../parts';
import { questionsOf } from '../questions';
import type { Tools } from '../tools';

const looks = { council: 'main', control: 'plain', bound: 'bound' } as const;

/** What the chart shows. */
const measures = {
  accuracy: {
    of: ({ accuracy }: ExamRow) => accuracy,
    axis: { free: 'F1 of the words', chosen: 'share answered right' },
  },
  difference: {
    of: ({ difference }: ExamRow) => difference,
    axis: { free: 'first row minus this one', chosen: 'first row minus this one' },
    reference: 0,
  },
} as const;
type Measure = keyof typeof measures;

export function marksOf(rows: readonly ExamRow[], measure: Measure): Mark[] {
  return rows.flatMap((row): Mark[] => {
    const figures = measures[measure].of(row);
    return figures === undefined ? [] : [{ name: row.name, ...figures, look: looks[row.role] }];
  });
}

export function exam(table: ExamTable, tools: Tools): unknown {
  const { rows, questions, notes, part } = table;
  const half = { heldout: 'held-out', test: 'test' }[part];
  return [
    heading('Who Answers'),
    entrants(table),
    accuracies(table, tools),
    domains(rows),
    questionsOf(table, tools),
    notesOf([`${formatNumber(questions, 'question')} of the ${half} half; 95 % intervals over questions.`, ...notes]),
  ];
}

/** Columns that only some exams have, with the cell of a row. */
const sometimes: readonly (readonly [Column, (row: ExamRow) => number | undefined, (value: number) => string])[] = [
  [{ title: 'First minus this', isNumber: true }, ({ difference }) => difference?.value, formatSigned],
  [{ title: 'from', isNumber: true }, ({ difference }) => difference?.lo, formatSigned],
  [{ title: 'to', isNumber: true }, ({ difference }) => difference?.hi, formatSigned],
  [
    { title: 'Word by word', told: 'Of free answers the share that is the accepted one word by word', isNumber: true },
    (row) => row.exact,
    formatFixed,
  ],
  [
    { title: 'Agreement', told: 'Fleiss’ kappa of the members’ choices', isNumber: true },
    (row) => row.agreement,
    formatFixed,
  ],
  [
    { title: 'Consistency', told: 'Same answer when a question was put in other words', isNumber: true },
    (row) => row.consistency,
    formatFixed,
  ],
  [
    { title: 'Abstained', told: 'Chat models gave nothing usable', isNumber: true },
    (row) => row.abstained,
    formatCount,
  ],
];

function entrants({ rows, free }: ExamTable): unknown {
  const further = sometimes.filter(([, of]) => rows.some((row) => of(row) !== undefined));
  const columns = [
    { title: 'Who answers' },
    { title: 'Role', told: 'What is examined, what it is compared with, and bounds that know more than anybody can' },
    ...numbers(free === true ? 'F1' : 'Right', 'from', 'to'),
    ...further.map(([column]) => column),
    { title: 'Calls', told: 'Questions put to one model, of one answer', isNumber: true },
    { title: 'Tokens', told: 'Of one answer', isNumber: true },
  ];
  return dataTable(
    'Who answers',
    columns,
    rows.map((row, i) => {
      const { name, role, accuracy, calls, tokens } = row;
      return {
        ...(role === 'bound' && { look: 'bound' as const }),
        cells: [
          [`${i + 1}  `, nameOf(name)],
          role,
          ...[accuracy.value, accuracy.lo, accuracy.hi].map((share) => formatFixed(share)),
          ...further.map(([, of, format]) => {
            const found = of(row);
            return found === undefined ? '' : format(found);
          }),
          formatCount(calls),
          formatCount(tokens),
        ],
      };
    }),
  );
}

function accuracies({ rows, free }: ExamTable, tools: Tools): unknown {
  const answers = free === true ? 'free' : 'chosen';
  const compared = rows.some(({ difference }) => difference !== undefined);
  const options: Options<Measure> = [
    ['accuracy', { free: 'F1', chosen: 'Right answers' }[answers]],
    ...(compared ? [['difference', 'Difference to the first'] as const] : []),
  ];
  const value = chosenOf(tools, 'measure', options);
  const marks = marksOf(rows, value);
  if (marks.length === 0) return '';
  const { axis, ...rest } = measures[value];
  const format: Intervals['format'] =
    value === 'accuracy' ? (share) => formatFixed(share, 2) : (share) => formatSigned(share, 2);
  const bounds = marks.some(({ look }) => look === 'bound')
    ? ' Hollow diamonds are bounds, which know more than anybody can.'
    : '';
  return figure(
    {
      title: 'Accuracy',
      words: {
        accuracy: `Mean over domains of the ${axis[answers]}, with 95\u00a0% intervals.${bounds}`,
        difference: `Right of the dashed line the first row is better. A whisker that crosses it leaves open which.${bounds}`,
      }[value],
      controls: compared ? select(tools, { name: 'measure', label: 'Show', options, value }) : '',
      height: heightOf(marks.length),
      draw: (size) => intervalsOption({ marks, axis: axis[answers], format, ...rest }, size),
    },
    tools,
  );
}

function domains(rows: readonly ExamRow[]): unknown {
  const columns = [...new Set(rows.flatMap((row) => row.domains.map(({ name }) => name)))];
  // Where all questions are of one, the accuracy says it.
  if (columns.length < 2) return '';
  return heatMap({
    title: 'Accuracy by Domain',
    corner: 'Who answers',
    columns: columns.map((name) => name || 'no domain'),
    rows: rows.map(({ name, role, domains: own }) => ({
      name,
      isBound: role === 'bound',
      values: columns.map((column) => own.find((one) => one.name === column)?.accuracy),
    })),
    better: 'higher',
    format: (value) => formatFixed(value, 2),
  });
}
