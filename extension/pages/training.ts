/** Serves the page of training curves: the states of its runs, and their points as they come. */
import type { RunRecord } from '../../backend/protocol/run';
import type { State, ToHost, ToPage } from '../../webview/training/protocol';
import { Disposables } from '../disposables';
import type { Polymath } from '../polymath';
import { runTitle, stateText } from '../runs/text';
import { Throttle } from '../throttle';
import { PointsReader } from './points';
import type { Line, Server } from './host';
import type { Page } from './pages';
import { chooseRun } from './runs';

const milliseconds = 500;

export const trainingPage: Page<ToPage, ToHost, State, readonly string[]> = {
  title: 'Training Curves',
  protocol: () => import('../../webview/training/protocol'),
  restored: ({ runs }) => runs,
  serve: (polymath, line) => new TrainingServer(polymath, line),
};

class TrainingServer extends Disposables implements Server<ToHost, readonly string[]> {
  private runs: readonly string[] = [];
  private readonly readers = new Map<string, PointsReader>();
  private readonly follow = this.add(new Throttle(() => void this.tell(), milliseconds));
  /** One after the other: points are counted. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly polymath: Polymath,
    private readonly line: Line<ToPage>,
  ) {
    super();
    const { client } = polymath;
    this.add(client.onResync(() => this.follow.request()));
    this.add(client.onDidChangeState(() => this.follow.request()));
    this.add(
      client.onEvent((event) => {
        const run = event.type === 'progress' ? event.run : event.type === 'run' ? event.run.id : undefined;
        if (run !== undefined && this.runs.includes(run)) this.follow.request();
      }),
    );
  }

  show(runs: readonly string[]): void {
    this.runs = runs;
    this.follow.request();
  }

  async receive(message: ToHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.readers.clear();
        return this.follow.request();
      case 'remove':
        return this.show(this.runs.filter((run) => run !== message.run));
      case 'add': {
        const run = await chooseRun(this.polymath, 'compare', (id) => !this.runs.includes(id));
        return run && this.show([...this.runs, run.id]);
      }
      case 'log':
        return this.polymath.runLogs.show(await this.polymath.client.call('runs/get', { run: message.run }));
    }
  }

  private tell(): Promise<void> {
    this.telling = this.telling.then(() => this.tellNow());
    return this.telling;
  }

  private async tellNow(): Promise<void> {
    const { client } = this.polymath;
    if (!(await client.mayLook())) return this.post({ type: 'trouble', message: 'The backend does not run.' });
    try {
      const records: RunRecord[] = [];
      for (const run of this.runs) records.push(await client.call('runs/get', { run }));
      this.post({ type: 'runs', runs: records.map(shownRun) });
      for (const { id } of records) await this.tellPoints(id);
      this.post({ type: 'trouble', message: undefined });
    } catch (error) {
      this.post({ type: 'trouble', message: error instanceof Error ? error.message : String(error) });
    }
  }

  private async tellPoints(run: string): Promise<void> {
    const reader = this.readers.get(run) ?? new PointsReader(this.polymath.client, run);
    this.readers.set(run, reader);
    for await (const page of reader.news()) this.post({ type: 'points', run, ...page });
  }

  private post(message: ToPage): void {
    this.line.post(message);
  }
}

function shownRun(run: RunRecord): Extract<ToPage, { type: 'runs' }>['runs'][number] {
  return { id: run.id, title: runTitle(run), state: run.state, words: stateText(run), next: run.failure?.next };
}
