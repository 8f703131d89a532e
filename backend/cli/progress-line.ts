import stringWidth from 'string-width';
import type { Progress } from '../base/progress';
import { formatCount, formatPlural, formatDuration } from '../base/format';
import { printable } from '../base/printable';
import { eraseLine, type Terminal, styled, truncate } from './terminal';

/** Shows the progress of long steps: one line that is redrawn, or a plain line now and then where lines only add up. */
export interface ProgressLine {
  /** Suits `Watch.report`. May be called as often as one likes. */
  report(progress: Progress): void;
  /** Writes a line of its own, above the moving one. */
  print(line: string): void;
  /** Ends the running stage with its duration; `failed` where it was cut short. */
  finish(outcome?: 'done' | 'failed'): void;
}

// Redrawing ten times a second looks smooth; a log wants to stay short.
const redrawEvery = 0.1;
const logEvery = 5;
// Rates are measured over this many seconds, so that the time left follows a change of speed.
const rateWindow = 30;

interface Stage {
  readonly started: number;
  latest: Progress;
  lastShown: number;
  /** Recent (time, done) pairs, oldest first. */
  samples: { readonly time: number; readonly done: number }[];
}

/** Units of work per second over the last samples; 0 while unknown. */
function rateOf({ samples }: Stage): number {
  const [first, last] = [samples[0], samples[samples.length - 1]];
  return last.time > first.time ? (last.done - first.done) / (last.time - first.time) : 0;
}

function formatRate(rate: number, unit: string): string {
  // Seconds of work go by as they are.
  if (unit === 's') return '';
  return rate >= 10 ? `${formatCount(rate)} ${unit}/s` : rate >= 0.1 ? `${rate.toFixed(1)} ${unit}/s` : '';
}

function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const partial = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
  const full = '█'.repeat(Math.floor(eighths / 8));
  return `▕${(full + partial).padEnd(width, ' ')}▏`;
}

/** The parts of a line after the stage, the most telling first. */
function figures(stage: Stage): string[] {
  const { done, total, unit, note } = stage.latest;
  const rate = rateOf(stage);
  const left = total > done && rate > 0 ? `${formatDuration((total - done) / rate)} left` : '';
  const amount = total > 0 ? `${formatCount(done)} of ${formatPlural(total, unit)}` : formatPlural(done, unit);
  return [amount, left, note === undefined ? '' : printable(note), formatRate(rate, unit)].filter(
    (part) => part !== '',
  );
}

/** Joins what fits: first whole, then ever fewer figures, then no bar. */
function fit(stage: Stage, columns: number): string {
  const { done, total, stage: name } = stage.latest;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const percent = total > 0 ? `${String(Math.floor(100 * share)).padStart(3)} %` : '';
  const parts = figures(stage);
  const bars = total > 0 ? [bar(share, 24), bar(share, 12), ''] : [''];
  for (let kept = parts.length; kept >= 0; kept--) {
    for (const drawn of kept === parts.length ? bars : bars.slice(1)) {
      const line = [printable(name), [drawn, percent].join(''), parts.slice(0, kept).join(' · ')].filter(
        (p) => p !== '',
      );
      const text = line.join('  ');
      if (stringWidth(text) < columns) return text;
    }
  }
  return truncate(printable(name), columns - 1);
}

/** Starts a stage, or takes its newest figures; a count that fell back (a new epoch) starts the measuring again. */
function advance(stage: Stage | undefined, progress: Progress, time: number): Stage {
  if (stage?.latest.stage !== progress.stage) {
    return { started: time, latest: progress, lastShown: -Infinity, samples: [{ time, done: progress.done }] };
  }
  if (progress.done < stage.latest.done) stage.samples = [];
  stage.latest = progress;
  stage.samples.push({ time, done: progress.done });
  // The oldest sample kept is the last one that lies outside the window.
  while (stage.samples.length > 2 && time - stage.samples[1].time >= rateWindow) stage.samples.shift();
  return stage;
}

/** `clock` gives seconds; tests bring their own. */
export function createProgressLine(
  terminal: Terminal,
  clock: () => number = () => performance.now() / 1000,
): ProgressLine {
  let stage: Stage | undefined;
  const { interactive } = terminal;
  const erase = interactive ? eraseLine : '';

  const show = (current: Stage, time: number): void => {
    current.lastShown = time;
    const text = fit(current, interactive ? terminal.columns : 200);
    terminal.write(interactive ? erase + text : `${text}\n`);
  };

  const finish = (outcome: 'done' | 'failed' = 'done'): void => {
    if (!stage) return;
    const { latest, started } = stage;
    const mark = outcome === 'done' ? '✓' : '✗';
    const amount =
      outcome === 'done' || latest.total === 0
        ? formatPlural(latest.done, latest.unit)
        : `${formatCount(latest.done)} of ${formatPlural(latest.total, latest.unit)}`;
    const state = outcome === 'done' ? 'in' : 'stopped after';
    const note = latest.note === undefined ? '' : `, ${printable(latest.note)}`;
    const tail = styled(terminal, 'dim', `${amount} ${state} ${formatDuration(clock() - started)}${note}`);
    terminal.write(`${erase}${mark} ${printable(latest.stage)}  ${tail}\n`);
    stage = undefined;
  };

  return {
    report: (progress) => {
      const time = clock();
      if (stage && stage.latest.stage !== progress.stage) finish();
      stage = advance(stage, progress, time);
      const due = time - stage.lastShown >= (interactive ? redrawEvery : logEvery);
      // The end of a stage is told by its closing line; in a log a last figure would say the same twice.
      if (due || (interactive && progress.done === progress.total)) show(stage, time);
    },
    print: (line) => {
      terminal.write(`${erase}${line}\n`);
      if (stage && interactive) show(stage, clock());
    },
    finish,
  };
}
