/** Serves the page of runs: all of them, what they made in figures, and what people wrote of them. */
import * as vscode from 'vscode';
import type { OutcomeFigures, RunRecord } from '../../backend/protocol/run';
import type { State, ToHost, ToPage } from '../../webview/runs/protocol';
import { meaningOf } from '../backend/state-text';
import { having, inTitle } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { errorText } from '../errors/show';
import { opensAs } from '../runs/curves';
import { differencesOf, shownRun } from '../runs/rows';
import { hasStages, stagesOf } from '../runs/stages';
import { Throttle } from '../throttle';
import type { PageLine, Page, PageParts, Server } from './page';

/** Runs that are listed, and outcomes that are asked for, at once. */
const [listed, asked] = [1000, 200];
const milliseconds = 500;

export const runsPage: Page<ToPage, ToHost, State, 'all'> = {
  title: 'Runs',
  command: {
    title: 'Open Runs Page',
    icon: 'table',
    palette: having('runs'),
    menus: [inTitle('runs', 'navigation@0')],
  },
  choose: () => Promise.resolve('all' as const),
  protocol: () => import('../../webview/runs/protocol'),
  restored: () => 'all',
  serve: (parts, line) => new RunsServer(parts, line),
};

class RunsServer extends Disposables implements Server<ToHost, 'all'> {
  private readonly records = new Map<string, RunRecord>();
  /** By the id of what was made: it never changes. */
  private readonly outcomes = new Map<string, OutcomeFigures>();
  private readonly all = this.add(new Throttle(() => void this.tell(), milliseconds));
  private readonly atWork = this.add(new Throttle(() => this.tellActive(), milliseconds));

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    const { client, activity } = parts;
    this.add(client.onResync(() => this.all.request()));
    this.add(client.onDidChangeState(() => this.all.request()));
    this.add(activity.onDidChange(() => this.atWork.request()));
    this.add(
      client.onEvent((event) => {
        if (event.type === 'run') this.change(event.run);
        if (event.type === 'changed' && event.what === 'runs') void this.look(event.id);
      }),
    );
  }

  show(): void {
    this.all.request();
  }

  async receive(message: ToHost): Promise<void> {
    const { client } = this.parts;
    switch (message.type) {
      case 'ready':
        return this.all.request();
      case 'open':
        return this.open(message.run);
      case 'log':
        await vscode.commands.executeCommand('polymath.runs.openLog', message.run);
        return;
      case 'curves':
        await vscode.commands.executeCommand('polymath.pages.training', message.runs);
        return;
      case 'annotate':
        try {
          await client.call('runs/annotate', { run: message.run, note: message.note, tags: message.tags });
        } finally {
          // What was refused stands as it was.
          await this.tellNotes();
        }
        return;
      case 'compare': {
        const runs = message.runs.flatMap((run) => this.records.get(run) ?? []);
        return this.line.post({ type: 'compared', runs: runs.map(({ id }) => id), differences: differencesOf(runs) });
      }
    }
  }

  private async open(id: string): Promise<void> {
    const run = this.records.get(id);
    if (run === undefined) return;
    const commands = { evaluation: 'pages.evaluation', curves: 'pages.training', log: 'runs.openLog' };
    const how = opensAs(run);
    await vscode.commands.executeCommand(`polymath.${commands[how]}`, how === 'evaluation' ? run.result : id);
  }

  private async tell(): Promise<void> {
    const { client } = this.parts;
    try {
      if (!(await client.mayLook())) return this.line.post({ type: 'trouble', message: meaningOf(client.state) });
      const found: RunRecord[] = [];
      for (;;) {
        const { total, items } = await client.call('runs/list', { offset: found.length, limit: listed });
        found.push(...items);
        if (items.length === 0 || found.length >= total) break;
      }
      // What was made, and with which figures, the stages of a run tell.
      for (const whole of found.filter((run) => hasStages(run))) found.push(...(await stagesOf(client, whole.id)));
      this.records.clear();
      for (const run of found) this.records.set(run.id, run);
      this.line.post({ type: 'runs', runs: found.map((run) => shownRun(run)) });
      this.line.post({ type: 'trouble', message: undefined });
      await this.tellNotes();
      await this.tellFigures(found);
    } catch (error) {
      this.line.post({ type: 'trouble', message: errorText(error) });
    }
  }

  private async tellNotes(): Promise<void> {
    this.line.post({ type: 'notes', notes: await this.parts.client.call('runs/notes', {}) });
  }

  /** The newest first, and as they are found. */
  private async tellFigures(runs: readonly RunRecord[]): Promise<void> {
    for (let from = 0; from < runs.length; from += asked) {
      const part = runs.slice(from, from + asked);
      const unknown = part.flatMap(({ result }) => (result !== undefined && !this.outcomes.has(result) ? result : []));
      const made = unknown.length === 0 ? [] : await this.parts.client.call('runs/outcomes', { made: unknown });
      for (const one of made) this.outcomes.set(one.made, one.figures);
      const figures = part.flatMap(({ id, result }) => {
        const known = result === undefined ? undefined : this.outcomes.get(result);
        return known === undefined ? [] : [[id, known] as const];
      });
      if (figures.length > 0) this.line.post({ type: 'figures', figures });
    }
  }

  private change(run: RunRecord): void {
    this.records.set(run.id, run);
    this.line.post({ type: 'changed', runs: [shownRun(run)] });
    if (run.result !== undefined) void this.tellFigures([run]).catch(() => undefined);
  }

  /** How far they are. */
  private tellActive(): void {
    const { withStages } = this.parts.activity;
    if (withStages.length > 0) this.line.post({ type: 'changed', runs: withStages.map((run) => shownRun(run)) });
  }

  /** It was removed, or somebody wrote of it. */
  private async look(id: string): Promise<void> {
    const there = await this.parts.client.call('runs/get', { run: id }).catch(() => undefined);
    if (there !== undefined) return this.tellNotes();
    this.records.delete(id);
    this.line.post({ type: 'gone', run: id });
  }
}
