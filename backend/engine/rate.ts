import type { RunProgress } from '../protocol/run';

type Plain = Omit<RunProgress, 'rate' | 'secondsLeft' | 'whole'>;

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

// What is late takes longer yet, by this share of what it took.
const late = 0.05;

/** Seconds that work still takes which was estimated to take so many and has taken some; `stage`: those that its stage still takes. */
export const secondsLeftOf = (estimated: number, spent: number, stage = 0): number =>
  Math.max(estimated - spent, stage, late * spent);

/** Adds to the progress of a run how far the run is as a whole: what was said to be done stays done. */
export class Whole {
  private readonly began: number;
  private share = 0;

  /** Seconds that it was estimated to take, and those that earlier attempts took. */
  constructor(
    private readonly estimated: number,
    private readonly earlier: number,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {
    this.began = clock();
  }

  add(progress: RunProgress): RunProgress {
    const spent = this.earlier + this.clock() - this.began;
    const secondsLeft = secondsLeftOf(this.estimated, spent, progress.secondsLeft);
    this.share = Math.max(this.share, spent === 0 ? 0 : spent / (spent + secondsLeft));
    return { ...progress, whole: { share: this.share, secondsLeft } };
  }
}
