/** The last question of a wizard that starts a run: the settings of its kind, each in a row. */
import type { Raw } from '../../backend/base/settings';
import { type RunKind, settingsFor } from '../../backend/kinds/kind';
import type { RunSpec } from '../../backend/protocol/run';
import type { Polymath } from '../polymath';
import { askersOf, beginningOf } from './askers';
import { costOf, review, type RowGroup } from './review';
import { type RowOptions, rowsOf } from './rows';
import type { Ask } from './steps';

export interface RunQuestion extends Pick<RowOptions, 'facts' | 'own' | 'without'> {
  /** Rows that stand together; all others are folded away then. */
  readonly groups?: readonly RowGroup[];
  readonly kind: RunKind;
  /** What was answered before: what the run is about. */
  readonly subjects: Raw;
  /** What Enter does: "Start Splitting". */
  readonly start: string;
  /** What the rows begin with beside the defaults. */
  readonly begin?: Raw;
  /** What is told beside it; the cost by default. */
  readonly outlook?: (spec: RunSpec, signal: AbortSignal, tell: (known: string) => void) => Promise<string>;
}

/** Resolves with what the run is told. */
export async function askRun(ask: Ask, polymath: Polymath, question: RunQuestion): Promise<RunSpec> {
  const { kind, subjects, start, begin, outlook, groups, ...options } = question;
  const table = settingsFor(kind, subjects);
  const specOf = (told: Raw): RunSpec => ({ ...told, ...subjects, kind: kind.kind });
  const rows = rowsOf(table, { ...options, askers: askersOf(polymath), facts: { ...subjects, ...options.facts } });
  const told = await review<Raw>(ask, {
    settings: { ...beginningOf(polymath, table), ...begin },
    rows,
    groups,
    start,
    outlook: (now, signal, tell) => (outlook ?? ((spec) => costOf(polymath, spec, signal)))(specOf(now), signal, tell),
  });
  return specOf(told);
}
