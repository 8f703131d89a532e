import type { Disposable } from './disposables';

/** Calls back at most once in so many milliseconds, and always after the last request. */
export class Throttle implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private wanted = false;

  constructor(
    private readonly callback: () => void,
    private readonly milliseconds: number,
  ) {}

  request(): void {
    if (this.timer !== undefined) {
      this.wanted = true;
      return;
    }
    this.callback();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.wanted) {
        this.wanted = false;
        this.request();
      }
    }, this.milliseconds);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
