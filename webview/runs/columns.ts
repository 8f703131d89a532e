/** What the table of runs shows of each. */
import { formatDuration, formatFixed, formatPerplexity, formatShort } from '../../backend/base/format';
import type { OutcomeFigures, RunNote } from '../../backend/protocol/run';
import type { ShownRun } from './protocol';

/** Runs that are compared at once, at most: more columns than anybody reads. */
export const mostCompared = 12;

/** A run with what is known of it beside its record. */
export interface Row extends ShownRun {
  readonly figures: OutcomeFigures;
  readonly note: string;
  readonly tags: RunNote['tags'];
}

export interface RunColumn {
  readonly key: string;
  readonly title: string;
  /** What it is, where its title does not say so. */
  readonly told?: string;
  /** By which rows are sorted; those without stand last. */
  readonly value: (row: Row) => number | string | undefined;
  /** As people read a number. */
  readonly format?: (value: number) => string;
}

const figure = (
  key: keyof OutcomeFigures,
  title: string,
  told: string,
  format: (value: number) => string = formatFixed,
): RunColumn => ({ key, title, told, value: ({ figures }) => figures[key], format });

export const columns: readonly RunColumn[] = [
  { key: 'title', title: 'Run', value: ({ title, telling }) => `${title} ${telling}` },
  { key: 'state', title: 'State', value: ({ words }) => words },
  { key: 'created', title: 'Created', value: ({ created }) => created },
  {
    key: 'seconds',
    title: 'Took',
    told: 'All attempts together',
    value: ({ seconds }) => seconds,
    format: formatDuration,
  },
  figure('nmi', 'NMI', 'Of its piles with the gold domains'),
  figure('purity', 'Purity', 'Of its piles against the gold domains'),
  figure('validationLoss', 'Validation loss', 'Nats per token; of experts the mean'),
  figure('perplexity', 'Perplexity', 'Of the mixture, or of what a comparison is about', formatPerplexity),
  figure('accuracy', 'Accuracy', 'Of the first who answers: share of right answers, or F1 of the words'),
  figure('fitness', 'Fitness', 'Of the best candidate'),
  {
    key: 'tokensPerSecond',
    title: 'Tokens/s',
    told: 'Tokens of the run by its seconds of work',
    value: ({ tokensPerSecond }) => tokensPerSecond,
    format: formatShort,
  },
  { key: 'tags', title: 'Tags', value: ({ tags }) => tags.join(', ') || undefined },
  { key: 'note', title: 'Note', value: ({ note }) => note || undefined },
];

/** The columns that say something of at least one of these rows. */
export const saying = (rows: readonly Row[]): RunColumn[] =>
  columns.filter(({ key, value, format }) => key === 'seconds' || format === undefined || rows.some(value));

export interface Wanted {
  readonly text: string;
  readonly kind: string;
  readonly state: string;
  readonly by: string;
  readonly down: boolean;
}

/** The rows that are wanted, in the order that is wanted. Every word must stand somewhere in a row. */
export function wantedRows(rows: readonly Row[], { text, kind, state, by, down }: Wanted): Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row: Row): boolean => {
    if ((kind !== '' && row.kind !== kind) || (state !== '' && row.state !== state)) return false;
    const { title, telling, words: told, note, tags, id } = row;
    const said = [row.kind, title, telling, told, note, ...tags, id].join('\n').toLowerCase();
    return words.every((word) => said.includes(word));
  };
  const { value } = columns.find(({ key }) => key === by) ?? columns[0];
  return rows.filter(fits).sort((a, b) => compare(value(a), value(b), down) || b.created - a.created);
}

function compare(a: number | string | undefined, b: number | string | undefined, down: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return down ? -order : order;
}
