import { setImmediate } from 'node:timers/promises';
import type { Progress, Watch } from '../../base/progress';

/** Milliseconds of work between two reports. */
const INTERVAL = 120;

/** Lets a long step breathe: every now and then it reports, hears whether it must stop, and lets other events in. */
export class Pulse {
  private latest = -Infinity;

  constructor(private readonly watch: Watch) {}

  get signal(): AbortSignal {
    return this.watch.signal;
  }

  /** Whether it is time for a beat: for loops in which even waiting for nothing takes too long. */
  get isDue(): boolean {
    return performance.now() - this.latest >= INTERVAL;
  }

  async beat(progress: () => Progress): Promise<void> {
    if (!this.isDue) return;
    this.watch.signal.throwIfAborted();
    this.watch.report(progress());
    await setImmediate();
    this.latest = performance.now();
  }

  /** Reports at once. */
  tell(progress: Progress): void {
    this.watch.signal.throwIfAborted();
    this.watch.report(progress);
    this.latest = performance.now();
  }
}
