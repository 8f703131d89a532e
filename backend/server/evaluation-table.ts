/** An evaluation as a table for papers, notes and spreadsheets. */
import type { FigureCell, FigureTable } from '../base/figure-table';
import { formatList, formatNumber } from '../base/format';
import { entryOf } from '../base/table';
import { tableOfEvaluation } from '../protocol/evaluation-tables';
import type { EvolutionTable, ExamTable } from '../protocol/exam';
import type { EvaluationRecord, PerplexityTable } from '../protocol/records';
import type { Report } from '../protocol/report';
import type { SweepTable } from '../protocol/sweep';
import { overSeeds, type SweepFigure, sweepFigures } from '../protocol/sweep-figures';

const figure = (value: number | undefined, decimals = 3): FigureCell =>
  value === undefined ? undefined : { value, decimals };

export function evaluationTable({ name, ...record }: EvaluationRecord): FigureTable {
  const { kind, table } = tableOfEvaluation(record);
  switch (kind) {
    case 'perplexity':
      return perplexities(name, record, table);
    case 'comparison':
      return comparison(name, record, table);
    case 'exam':
      return exam(name, record, table);
    case 'evolution':
      return evolution(name, record, table);
    case 'sweep':
      return sweep(name, record, table);
  }
}

type Origin = Pick<EvaluationRecord, 'id' | 'dataset' | 'questions' | 'experts' | 'run' | 'seeds' | 'created'>;

function perplexities(title: string, origin: Origin, { documents, systems, notes = [] }: PerplexityTable): FigureTable {
  return {
    title,
    columns: ['System', 'Perplexity', 'Bits per byte', 'Minus the base, nats per token', 'from', 'to'],
    rows: systems.map(({ name, macro, bitsPerByte, difference: { deltaNats, lo, hi } }, i) => [
      name,
      figure(macro, 2),
      figure(bitsPerByte),
      ...(i === 0 ? [undefined, undefined, undefined] : [deltaNats, lo, hi].map((value) => figure(value))),
    ]),
    notes: [`${formatNumber(documents, 'test document')}; 95 % intervals.`, ...notes, toldOrigin(origin)],
  };
}

function comparison(title: string, origin: Origin, report: Report): FigureTable {
  const domains = [...new Set(Object.values(report.perplexity).flatMap((one) => Object.keys(one.domains)))];
  const main = report.systems.find(({ role }) => role === 'main');
  const figures = [
    'Perplexity',
    'from',
    'to',
    'Bits per byte',
    `${main?.label ?? 'Main system'} minus this`,
    'from',
    'to',
  ];
  const rows = report.systems.flatMap(({ id, label, split }): FigureCell[][] => {
    const scored = entryOf(report.perplexity, id);
    if (scored === undefined) return [];
    const { macro, interval: [from, to] = [], bitsPerByte } = scored;
    const piles = split === undefined ? undefined : entryOf(report.splits, split);
    const difference = report.comparisons.find(({ a, b }) => a === main?.id && b === id);
    return [
      [
        label,
        figure(piles?.nmi),
        figure(piles?.ari),
        ...[macro, from, to].map((value) => figure(value, 2)),
        ...[bitsPerByte, difference?.deltaNats, difference?.lo, difference?.hi].map((value) => figure(value)),
        ...domains.map((domain) => figure(entryOf(scored.domains, domain), 2)),
      ],
    ];
  });
  const columns = ['System', 'NMI', 'ARI', ...figures, ...domains];
  const { corpus, budget, machine, polymath } = report;
  return {
    title,
    columns,
    rows: [...rows, ...weightings(report, columns.length)],
    notes: [
      'Macro perplexity over domains; differences in nats per token; 95 % intervals. Further columns: perplexity by domain.',
      ...(report.notes ?? []),
      `${corpus.name}: ${formatNumber(corpus.documents.test, 'test document')}; ${formatNumber(budget.tokensPerSystem, 'training token')} per ${budget.matched ?? 'system'}, ${formatNumber(budget.experts, 'expert')}; base model ${report.model.name}; ${machine.cpu}, Node ${machine.node}; Polymath ${polymath}.`,
      toldOrigin(origin),
    ],
  };
}

/** The main system's experts under other weightings, in rows of so many columns. */
function weightings({ mixer }: Report, columns: number): FigureCell[][] {
  return Object.entries(mixer?.variants ?? {}).map(([name, nats]) => {
    const difference = entryOf(mixer?.against ?? {}, name);
    const row: FigureCell[] = [`the same experts: ${name}`, undefined, undefined, figure(Math.exp(nats), 2)];
    row.push(undefined, undefined, undefined);
    row.push(...[difference?.deltaNats, difference?.lo, difference?.hi].map((value) => figure(value)));
    return [...row, ...new Array<FigureCell>(columns - row.length).fill(undefined)];
  });
}

function exam(title: string, origin: Origin, { rows, free, questions, notes }: ExamTable): FigureTable {
  const domains = [...new Set(rows.flatMap((row) => row.domains.map(({ name }) => name)))];
  const abstains = rows.some(({ abstained }) => abstained !== undefined);
  const figures = [
    free === true ? 'F1' : 'Right',
    'from',
    'to',
    'First row minus this',
    'from',
    'to',
    free === true ? 'Word by word' : 'Agreement',
    'Consistency',
    ...(abstains ? ['Abstained'] : []),
    'Calls',
    'Tokens',
  ];
  return {
    title,
    columns: ['Who answers', ...figures, ...domains.map((domain) => domain || 'no domain')],
    rows: rows.map(({ name, accuracy, difference, consistency, abstained, calls, tokens, domains: own, ...row }) => [
      name,
      ...[accuracy, difference].flatMap((one) => [one?.value, one?.lo, one?.hi]).map((value) => figure(value)),
      figure(free === true ? row.exact : row.agreement),
      figure(consistency),
      ...(abstains ? [figure(abstained ?? 0, 0)] : []),
      figure(calls, 0),
      figure(tokens, 0),
      ...domains.map((domain) => figure(own.find((one) => one.name === domain)?.accuracy)),
    ]),
    notes: [`${formatNumber(questions, 'question')}; 95 % intervals.`, ...notes, toldOrigin(origin)],
  };
}

function evolution(title: string, origin: Origin, { candidates, notes }: EvolutionTable): FigureTable {
  const figures = ['Fitness', 'Right', 'Share of the right choice', 'Agreement', 'Words', 'Questions'];
  return {
    title,
    columns: ['Candidate', 'Generation', 'Made by', 'Of', ...figures],
    rows: candidates.map(({ number, generation, operator, parents, questions, scores }) => [
      String(number),
      String(generation),
      operator,
      parents.join(', '),
      ...[scores.fitness, scores.accuracy, scores.likelihood, scores.agreement].map((value) => figure(value)),
      figure(scores.words, 0),
      figure(questions, 0),
    ]),
    notes: [...notes, toldOrigin(origin)],
  };
}

function sweep(title: string, origin: Origin, { lines }: SweepTable): FigureTable {
  const figures: readonly SweepFigure[] = Object.values(sweepFigures);
  return {
    title,
    columns: ['Split', ...figures.flatMap(({ label }) => [label, 'from', 'to'])],
    rows: lines.map((line) => [
      line.name,
      ...figures.flatMap((one) => {
        const { mean, least, largest } = overSeeds(line, one) ?? {};
        return [mean, least, largest].map((value) => figure(value, one.decimals));
      }),
    ]),
    notes: ['Means over seeds, with the least and the largest of a seed.', toldOrigin(origin)],
  };
}

/** How the figures came about: what to look up in the project, whose records name every setting. */
function toldOrigin({ id, dataset, questions, experts, run, seeds, created }: Origin): string {
  const parts = [
    ...(dataset === undefined ? [] : [`dataset ${dataset}`]),
    ...(questions === undefined ? [] : [`questions ${questions}`]),
    ...(experts === undefined ? [] : [`experts ${experts}`]),
    ...(run === undefined ? [] : [`run ${run}`]),
    ...(seeds.length === 0 ? [] : [`seeds ${seeds.join(', ')}`]),
  ];
  return `How this was made: evaluation ${id} of ${created.slice(0, 10)}, of ${formatList(parts)}.`;
}
