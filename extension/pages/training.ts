/** Serves the page of training curves: the states of its runs, and their points as they come. */
import type { RunRecord } from '../../backend/protocol/run';
import type { State, ToHost, ToPage } from '../../webview/training/protocol';
import { having, onRow } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { chooseRun, hasCurves } from '../runs/curves';
import { runSettings, runTitle, speedFigures, stateText } from '../runs/text';
import { Throttle } from '../throttle';
import { chosenRows, givenIds } from '../views/selection';
import type { PageLine, Page, PageParts, Server } from './page';
import { PointsReader } from './points';

const milliseconds = 500;

export const trainingPage: Page<ToPage, ToHost, State, readonly string[]> = {
  title: 'Training Curves',
  command: {
    title: 'Show Training Curves',
    icon: 'graph-line',
    palette: having('runs'),
    menus: [onRow('runs', /^(run|stage):.* curves/, 'inline@0', '1_open@0')],
  },
  choose: chooseRuns,
  protocol: () => import('../../webview/training/protocol'),
  restored: ({ runs }) => runs,
  serve: (parts, line) => new TrainingServer(parts, line),
};

/** The selected runs, or those that are named; from the palette one that is chosen. */
async function chooseRuns({ client }: PageParts, given: readonly unknown[]): Promise<readonly string[] | undefined> {
  const selected = chosenRows<RunRecord>(given).map(({ value }) => value);
  const named = await Promise.all(givenIds(given, 'run').map((run) => client.call('runs/get', { run })));
  const runs = [...selected, ...named].filter((run) => hasCurves(run));
  if (runs.length > 0) return runs.map(({ id }) => id);
  const run = await chooseRun(client, 'show');
  return run && [run.id];
}

class TrainingServer extends Disposables implements Server<ToHost, readonly string[]> {
  private runs: readonly string[] = [];
  private readonly readers = new Map<string, PointsReader>();
  private readonly follow = this.add(new Throttle(() => void this.tell(), milliseconds));
  /** One after the other: points are counted. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    const { client } = parts;
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
        const run = await chooseRun(this.parts.client, 'compare', (id) => !this.runs.includes(id));
        return run && this.show([...this.runs, run.id]);
      }
      case 'log':
        return this.parts.runLogs.show(await this.parts.client.call('runs/get', { run: message.run }));
    }
  }

  private tell(): Promise<void> {
    this.telling = this.telling.then(() => this.tellNow());
    return this.telling;
  }

  private async tellNow(): Promise<void> {
    const { client } = this.parts;
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
    const reader = this.readers.get(run) ?? new PointsReader(this.parts.client, run);
    this.readers.set(run, reader);
    for await (const page of reader.news()) this.post({ type: 'points', run, ...page });
  }

  private post(message: ToPage): void {
    this.line.post(message);
  }
}

function shownRun(run: RunRecord): Extract<ToPage, { type: 'runs' }>['runs'][number] {
  const { id, state, failure } = run;
  const told = { figures: speedFigures(run), settings: runSettings(run) };
  return { id, title: runTitle(run), state, words: stateText(run), next: failure?.next, ...told };
}
