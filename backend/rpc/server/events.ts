import { randomBytes } from 'node:crypto';
import type { BackendEvent, NumberedEvent } from '../../protocol/event';

export type EventListener = (event: NumberedEvent) => void;

/**
 * Numbers what happens, tells it to whoever listens, and keeps it for a while for clients that come back. Of each run only the
 * latest progress is kept, until the run ends; of all else the last `keep` events.
 */
export class EventHub {
  /** Changes with every start: numbers of another epoch mean nothing. */
  readonly epoch = randomBytes(12).toString('hex');
  private readonly listeners = new Set<EventListener>();
  private readonly kept: NumberedEvent[] = [];
  private readonly progress = new Map<string, NumberedEvent>();
  private count = 0;
  /** Number of the last event that was given up, progress left out. */
  private forgotten = 0;

  constructor(private readonly keep = 2000) {}

  /** Number of the latest event; 0 before the first. */
  get latest(): number {
    return this.count;
  }

  publish(event: BackendEvent): NumberedEvent {
    const numbered = { sequence: ++this.count, event };
    if (event.type === 'progress') this.progress.set(event.run, numbered);
    else this.remember(numbered);
    for (const listener of [...this.listeners]) listener(numbered);
    return numbered;
  }

  /** What happened after the event of this number, in order; null where some of it is not kept any more. */
  since(sequence: number): NumberedEvent[] | null {
    if (sequence < this.forgotten || sequence > this.count) return null;
    return [...this.kept, ...this.progress.values()]
      .filter((event) => event.sequence > sequence)
      .sort((a, b) => a.sequence - b.sequence);
  }

  /** Hears every event from now on; returns the way to stop. */
  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private remember(numbered: NumberedEvent): void {
    const { event } = numbered;
    if (event.type === 'run' && event.run.state !== 'running') this.progress.delete(event.run.id);
    this.kept.push(numbered);
    if (this.kept.length > this.keep) this.forgotten = this.kept.shift()?.sequence ?? this.forgotten;
  }
}
