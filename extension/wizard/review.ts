/** The last question of a wizard: everything that will be done, with its figures and its cost. Whatever is listed can be changed. */
import type * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { toldOfEstimate } from '../../backend/base/format';
import type { RunCost, RunSpec } from '../../backend/protocol/run';
import { inTheEditorsWords } from '../errors/settings-named';
import { formatCount, formatDuration, formatMemory } from '../format';
import type { Polymath } from '../polymath';
import { back, heading, type ListLine, type PickList } from './boxes';
import type { Ask } from './steps';

/** What a run is told, as a wizard comes to it. */
export type RunStart = RunSpec;

/** A line of the review: a setting with its value. */
export interface Row<S, Q = Ask> {
  /** Of its setting. */
  readonly key?: string;
  readonly label: string;
  readonly show: (settings: S) => string;
  /** What stands below it in small print. */
  readonly detail?: ((settings: S) => string | undefined) | undefined;
  /** Asks for another value. */
  readonly change: (ask: Q, settings: S) => Promise<S>;
  /** Whether it means anything with these settings; always by default. */
  readonly applies?: (settings: S) => boolean;
}

/** Rows that stand together below a heading. */
export interface RowGroup {
  readonly heading: () => string;
  /** By their keys, in their order. */
  readonly rows: readonly string[];
  /** What is seen before the rows; Enter on such a line changes the first of them. */
  readonly seen?: () => readonly vscode.QuickPickItem[];
}

export interface Review<S> {
  readonly settings: S;
  readonly rows: readonly Row<S>[];
  /** Rows in none of these groups are folded away; without groups all stand below one heading. */
  readonly groups?: readonly RowGroup[] | undefined;
  /** What Enter does: "Start Splitting". */
  readonly start: string;
  /**
   * What is told beside it: read anew after every change, and given up when nobody waits for it any more; `tell` hears what is known before
   * all is. Where it throws UserError, the run would fail, and is not started.
   */
  readonly outlook: (settings: S, signal: AbortSignal, tell: (known: string) => void) => Promise<string>;
}

/** Resolves with the settings as they are to be used. */
export function review<S>(ask: Ask, { settings: initial, rows, groups, start, outlook }: Review<S>): Promise<S> {
  return ask.question<S>(async (place, former = initial) => {
    let settings = former;
    let active = start;
    let unfolded = groups === undefined;
    for (;;) {
      let refused = false;
      const lines = (told: string): ListLine<Chosen<S>>[] => [
        { label: refused ? `$(circle-slash) ${start}` : start, ...firstLine(told), alwaysShow: true, value: 'start' },
        ...rowLines(
          rows.filter(({ applies }) => applies?.(settings) ?? true),
          settings,
          groups,
          unfolded,
        ),
      ];
      const left = new AbortController();
      const look = (tell: (known: string) => void): Promise<string> =>
        outlook(settings, left.signal, tell).catch((error: unknown) => {
          refused = error instanceof UserError;
          throw error;
        });
      const answer = await ask.dialogs.boxes
        .pick(place, {
          placeholder: 'Enter starts it',
          lines: lines('estimating…'),
          active,
          watch: watchOutlook(look, lines, left.signal),
        })
        .finally(() => left.abort());
      if (answer === back) return back;
      const [chosen] = answer;
      if (chosen === 'start' && !refused) return settings;
      if (chosen === 'start') continue;
      if (chosen === 'more') {
        unfolded = true;
        active = folded(rows, groups)[0].label;
        continue;
      }
      const change = (below: Ask): Promise<S> => chosen.change(below, settings);
      const changed = await ask.dialogs.runBelow(`${ask.title}: ${chosen.label}`, change);
      if (changed !== back) settings = changed;
      active = chosen.label;
    }
  });
}

type Chosen<S> = Row<S> | 'start' | 'more';

const folded = <S>(rows: readonly Row<S>[], groups: readonly RowGroup[] = []): readonly Row<S>[] =>
  rows.filter(({ key }) => !groups.some((group) => group.rows.some((one) => one === key)));

/** The rows in their groups, and those of none: in one line that unfolds them, or all of them. */
function rowLines<S>(
  rows: readonly Row<S>[],
  settings: S,
  groups: readonly RowGroup[] | undefined,
  unfolded: boolean,
): ListLine<Chosen<S>>[] {
  const line = (row: Row<S>): ListLine<Chosen<S>> => {
    const detail = row.detail?.(settings);
    return {
      label: row.label,
      description: row.show(settings),
      ...(detail === undefined ? {} : { detail }),
      value: row,
    };
  };
  const others = folded(rows, groups);
  const grouped = (groups ?? []).flatMap((group) => {
    const own = group.rows.flatMap((key) => rows.find((row) => row.key === key) ?? []);
    const seen = (group.seen?.() ?? []).map((item) => ({ ...item, ...(own.length > 0 && { value: own[0] }) }));
    return [heading(group.heading()), ...seen, ...own.map(line)];
  });
  if (unfolded) {
    const all = groups === undefined ? 'Settings: choose one to change it' : 'More settings';
    return [...grouped, heading(all), ...others.map(line)];
  }
  const names = others.slice(0, 3).map(({ label }) => label);
  const more: ListLine<Chosen<S>> = { label: 'More…', description: `${names.join(', ')} and others`, value: 'more' };
  return [...grouped, heading(''), more];
}

/** The first line of what is told stands beside the label, the others below it. */
function firstLine(told: string): { description: string; detail?: string } {
  const [description, ...below] = told.split('\n');
  return below.length === 0 ? { description } : { description, detail: below.join(' ') };
}

/** Puts the outlook into the list when it is known, or why it is not. */
function watchOutlook<T>(
  outlook: (tell: (known: string) => void) => Promise<string>,
  lines: (told: string) => ListLine<T>[],
  left: AbortSignal,
): NonNullable<PickList<T>['watch']> {
  return (replace, box) => {
    box.busy = true;
    outlook((known) => void (!left.aborted && replace(lines(known))))
      .catch(toldError)
      .then((told) => {
        if (left.aborted) return;
        box.busy = false;
        replace(lines(told));
      })
      .catch(() => undefined);
  };
}

/** The error, and below it what to do about it: a setting of the list may be the answer. */
function toldError(thrown: unknown): string {
  const error = inTheEditorsWords(thrown);
  if (error instanceof UserError) return `${error.message}\n${error.next}`;
  return error instanceof Error ? error.message : String(error);
}

/** What a run that computes will take, from the backend's short probe: "about 2 min 10 s · 850 MiB · 120,000 tokens". */
export function costOf({ client }: Pick<Polymath, 'client'>, spec: RunStart, signal: AbortSignal): Promise<string> {
  return client.call('runs/estimate', { spec }, { signal }).then(costText);
}

export function costText(cost: RunCost): string {
  const { seconds, memory, tokens } = cost;
  const { about, corrected } = toldOfEstimate(cost);
  const parts = [
    `${about} ${formatDuration(seconds)}`,
    formatMemory(memory),
    tokens > 0 ? `${formatCount(tokens)} tokens` : undefined,
    corrected,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}
