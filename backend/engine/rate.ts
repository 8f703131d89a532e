import type { RunProgress } from '../protocol/run';

type Plain = Omit<RunProgress, 'rate' | 'secondsLeft'>;

// Seconds over which the rate is taken: long enough to be calm, short enough to follow the stage.
const span = 10;

/** Adds to the progress of a run how fast it goes and how long its stage will still take. */
export class Rate {
  private stage = '';
  private points: { readonly at: number; readonly done: number }[] = [];

  constructor(private readonly clock: () => number = () => performance.now() / 1000) {}

  add(progress: Plain): RunProgress {
    const at = this.clock();
    const { stage, done, total } = progress;
    const last = this.points.at(-1);
    if (stage !== this.stage || (last !== undefined && done < last.done)) this.points = [];
    this.stage = stage;
    this.points.push({ at, done });
    // The oldest point within the span stays, so that a slow stage has a rate, too.
    while (this.points.length > 2 && this.points[1].at < at - span) this.points.shift();
    const [first] = this.points;
    const seconds = at - first.at;
    if (seconds < 0.5 || done === first.done) return progress;
    const rate = (done - first.done) / seconds;
    return { ...progress, rate, secondsLeft: Math.max(0, total - done) / rate };
  }
}
