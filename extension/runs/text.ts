/** What is said of a run, wherever it shows. */
import { deviceLabels } from '../../backend/base/device';
import { toldOfEstimate } from '../../backend/base/format';
import type { SettingsTable } from '../../backend/base/settings';
import { valueText } from '../../backend/base/value-text';
import { settingsFor } from '../../backend/kinds/kind';
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { RunCost, RunProgress, RunRecord } from '../../backend/protocol/run';
import { formatCount, formatDuration, formatMemory, formatDone, formatTime } from '../format';
import { isActive } from './activity';

/** "Split into 6 piles". */
export function runTitle({ spec }: RunRecord, kinds: KindTable = runKinds): string {
  return Object.hasOwn(kinds, spec.kind) ? kinds[spec.kind].title(spec) : spec.kind;
}

/** "training experts · 43 % · 2 min 10 s left". */
export function progressText(progress: RunProgress): string {
  return joined([progress.stage, doneText(progress), timeLeft(progress)]);
}

/** How much of a run is done: of all its stages, or where nobody knows of the one that it is at; undefined where nobody knows of that. */
export function shareDone({ done, total, whole }: RunProgress): number | undefined {
  if (whole !== undefined) return whole.share;
  return total > 0 ? Math.min(1, done / total) : undefined;
}

/** The same, 43 %; never 100 % of what is not done. */
export function doneText(progress: RunProgress): string {
  const share = shareDone(progress);
  return share === undefined ? '' : formatDone(share, 1);
}

/** What became of a run, in a few words. */
export function stateText({ state, progress, seconds, failure }: RunRecord): string {
  switch (state) {
    case 'queued':
      return 'waits for its turn';
    case 'running':
      return progress === undefined ? 'starting' : progressText(progress);
    case 'done':
      return `done in ${formatDuration(seconds)}`;
    case 'failed':
      return failure === undefined ? 'failed' : `failed: ${failure.message}`;
    case 'paused':
      return failure === undefined ? 'paused' : `paused: ${failure.message}`;
    case 'interrupted':
      return 'interrupted, can be resumed';
    case 'cancelled':
      return 'cancelled, can be resumed';
  }
}

/** The same beside an icon that tells the state. */
export function rowText(run: RunRecord): string {
  if (run.state === 'done') return joined([tellingText(run), formatDuration(run.seconds)]);
  if (run.state !== 'running' || run.progress === undefined) return stateText(run);
  // In the order in which a narrow view may cut it short.
  return joined([doneText(run.progress), timeLeft(run.progress), run.progress.stage]);
}

/** "Unigram EM": what tells a run from others of its title; empty where nothing does. */
export function tellingText(run: RunRecord, kinds: KindTable = runKinds): string {
  const { kind } = run.spec;
  const keys = Object.hasOwn(kinds, kind) ? (kinds[kind].telling ?? []) : [];
  return joined(keys.map((key) => settingText(run, key, kinds) ?? ''));
}

function timeLeft({ secondsLeft, whole }: RunProgress): string {
  const seconds = whole?.secondsLeft ?? secondsLeft;
  return seconds === undefined ? '' : `${formatDuration(seconds)} left`;
}

function estimateText(estimate: RunCost): string {
  const { about, corrected } = toldOfEstimate(estimate);
  const figures = `${about} ${formatDuration(estimate.seconds)}, ${formatMemory(estimate.memory)}`;
  return corrected === undefined ? figures : `${figures}, ${corrected}`;
}

/** The same where no icon tells the state. */
export const pickText = (run: RunRecord): string => joined([tellingText(run), stateText(run)]);

/** Name and value of each figure that is known of a run, the most telling first. */
export function runFigures(run: RunRecord): (readonly [string, string])[] {
  const { failure, estimate } = run;
  const figures: (readonly [string, string | undefined])[] = [
    ['State', stateText(run)],
    ['Next', failure?.next],
    ...speedFigures(run),
    ['Estimated', estimate && estimateText(estimate)],
    ['Worked', run.seconds > 0 && run.state !== 'done' ? formatDuration(run.seconds) : undefined],
    [
      'When the window closes',
      isActive(run) ? (run.keep === true ? 'it goes on' : 'it stops, to be resumed') : undefined,
    ],
    ['Attempts', run.attempt > 1 ? String(run.attempt) : undefined],
    ['Method', settingText(run, 'method')],
    ['Seed', settingText(run, 'seed')],
    ['Created', formatTime(run.created)],
    ['Ended', run.ended && formatTime(run.ended)],
    ['Id', run.id],
  ];
  return known(figures);
}

/** What it takes, and where it computes: of a run at work as it goes, of one that ended as it was. */
export function speedFigures({ state, progress, actual, device, machine }: RunRecord): (readonly [string, string])[] {
  const goes = state === 'running' ? progress : undefined;
  const perSecond = actual && actual.tokens > 0 && actual.seconds > 0 ? actual.tokens / actual.seconds : undefined;
  return known([
    ['Stage', goes && amount(goes)],
    ['Tokens', actual && actual.tokens > 0 ? formatCount(actual.tokens) : undefined],
    ['Tokens per Second', perSecond === undefined ? undefined : formatCount(perSecond)],
    ['Memory', actual && formatMemory(actual.memory)],
    ['Device', device && `${deviceLabels[device.name]}: ${device.reason}`],
    ['Machine', machine],
  ]);
}

const known = (figures: readonly (readonly [string, string | undefined])[]): (readonly [string, string])[] =>
  figures.filter((figure): figure is readonly [string, string] => figure[1] !== undefined);

/** Name and value of each setting that the run was told. */
export const runSettings = (run: RunRecord): (readonly [string, string])[] =>
  known(Object.keys(run.spec).map((key) => [settingLabel([run], key), settingText(run, key)]));

function amount({ stage, done, total, unit, rate, note }: RunProgress): string {
  const of = total > 0 ? `${formatCount(done)} of ${formatCount(total)} ${unit}` : `${formatCount(done)} ${unit}`;
  return joined([stage, of, rate === undefined ? '' : `${formatCount(rate)} ${unit}/s`, note ?? '']);
}

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(' · ');

/** The settings that a run takes; none where its kind is not known any more. */
function tableOf({ spec }: RunRecord, kinds: KindTable): SettingsTable {
  return Object.hasOwn(kinds, spec.kind) ? settingsFor(kinds[spec.kind], spec) : {};
}

/** A setting as people read it; undefined where the run has none. */
export function settingText(run: RunRecord, key: string, kinds: KindTable = runKinds): string | undefined {
  const value = run.spec[key];
  const table = tableOf(run, kinds);
  if (value === undefined || !Object.hasOwn(table, key)) return undefined;
  const { form, unit } = table[key];
  return [valueText(form, value), ...(unit === undefined ? [] : [unit])].join(' ');
}

/** What the first of these runs that has it calls a setting. */
export function settingLabel(runs: readonly RunRecord[], key: string, kinds: KindTable = runKinds): string {
  const table = runs.map((run) => tableOf(run, kinds)).find((settings) => Object.hasOwn(settings, key));
  return table?.[key].label ?? key;
}
