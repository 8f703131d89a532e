import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import type { BackendEvent } from '../../backend/protocol/event';
import type { RunRecord } from '../../backend/protocol/run';
import type { Disposable } from '../disposables';

/** The runs that wait or are at work, as the backend's events tell. */
export class Activity implements Disposable {
  private readonly records = new Map<string, RunRecord>();
  private readonly change = new vscode.EventEmitter<void>();
  private readonly end = new vscode.EventEmitter<RunRecord>();
  /** A run began, went on or ended; often while runs are at work. */
  readonly onDidChange = this.change.event;
  /** A run is not at work any more: done, failed, paused, cancelled or interrupted. */
  readonly onDidEnd = this.end.event;
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly client: BackendClient) {
    this.subscriptions = [
      client.onEvent((event) => this.hear(event)),
      client.onResync(() => void this.ask().catch(() => undefined)),
      // What a backend was at when it ended is kept: the next one is asked to go on with it.
      client.onDidChangeState(() => this.change.fire()),
      this.change,
      this.end,
    ];
  }

  /** Runs of which this window shows what they made as soon as they are done: somebody here waits for it. */
  readonly awaited = new Set<string>();

  /** In the order in which they were made, without stages; empty while no backend is there to do them. */
  get active(): readonly RunRecord[] {
    return this.withStages.filter(({ parent }) => parent === undefined);
  }

  get withStages(): readonly RunRecord[] {
    return this.client.state.kind === 'ready' ? [...this.records.values()] : [];
  }

  /** The run that the status bar tells of. */
  get running(): RunRecord | undefined {
    return this.active.find(({ state }) => state === 'running') ?? this.active[0];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async ask(): Promise<void> {
    const [running, queued] = await Promise.all([
      this.client.call('runs/list', { state: 'running', limit: 1000 }),
      this.client.call('runs/list', { state: 'queued', limit: 1000 }),
    ]);
    const wholes = [...queued.items, ...running.items];
    const stages = await Promise.all(
      wholes.map(({ id: parent }) => this.client.call('runs/list', { parent, limit: 1000 })),
    );
    this.records.clear();
    // Newest first is how they are listed.
    for (const record of [...wholes, ...stages.flatMap(({ items }) => items.filter(isActive))].reverse())
      this.records.set(record.id, record);
    this.change.fire();
  }

  private hear(event: BackendEvent): void {
    if (event.type === 'progress') {
      const record = this.records.get(event.run);
      if (record === undefined) return;
      this.records.set(event.run, { ...record, progress: event.progress });
    } else if (event.type === 'run') {
      const { run } = event;
      const wasActive = this.records.has(run.id);
      if (isActive(run)) this.records.set(run.id, run);
      else this.records.delete(run.id);
      if (wasActive && !isActive(run)) this.end.fire(run);
    } else return;
    this.change.fire();
  }
}

export function isActive({ state }: RunRecord): boolean {
  return state === 'queued' || state === 'running';
}
