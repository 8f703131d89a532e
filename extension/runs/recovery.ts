import * as vscode from 'vscode';
import { describeEnding, type Ending } from '../backend/ending';
import type { BackendClient } from '../backend/client';
import { hasProject, isServed } from '../backend/project-folder';
import type { RunRecord } from '../../backend/protocol/run';
import type { Disposable } from '../disposables';
import { formatNumber } from '../format';
import type { Logs } from '../log';
import { setting } from '../settings';
import type { Activity } from './activity';
import { runTitle } from './text';

const memoryKey = 'polymath.activeRuns';

/**
 * Goes on with the runs that a backend was at when it ended, by a crash or with the window. Which they were is kept with the
 * workspace, so a run that somebody paused or cancelled is left alone.
 */
export class Recovery implements Disposable {
  private readonly subscriptions: readonly Disposable[];
  /** Whether the runs of the last backend were seen to: before, what is at work now is not all that is to be remembered. */
  private settled = false;

  constructor(
    private readonly client: BackendClient,
    private readonly activity: Activity,
    private readonly memory: vscode.Memento,
    private readonly logs: Logs,
  ) {
    this.subscriptions = [
      client.onDidChangeState((state) => {
        this.settled = false;
        if (state.kind === 'ready' && state.hello.owner === 'editor') void this.recover(state.crash);
      }),
      activity.onDidChange(() => this.remember()),
    ];
  }

  /** Starts the backend where the window was closed or reloaded while runs were at work; the one that kept them is found. */
  async reopen(): Promise<void> {
    const { client } = this;
    if (this.remembered.length === 0 || client.state.kind !== 'stopped' || client.folder === undefined) return;
    const goesOn = setting('runs.resumeInterrupted') === 'always' || (await isServed(client.folder));
    if (!goesOn || !(await hasProject(client.folder))) return;
    // Where it fails, the status bar and the views say why.
    await client.start().catch((error: unknown) => this.logs.extension.error('The backend was not started:', error));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private get remembered(): readonly string[] {
    return this.memory.get<string[]>(memoryKey, []);
  }

  private remember(): void {
    const { state } = this.client;
    // Whoever has started runs in a terminal is to say whether they go on.
    if (!this.settled || state.kind !== 'ready' || state.hello.owner !== 'editor') return;
    const ids = this.activity.active.map(({ id }) => id);
    if (ids.join() !== this.remembered.join()) void this.memory.update(memoryKey, ids);
  }

  private async recover(crash: Ending | undefined): Promise<void> {
    try {
      const wish = setting('runs.resumeInterrupted');
      const resume = wish === 'always' || (wish === 'afterCrash' && crash !== undefined);
      const resumed = resume ? await this.resume() : [];
      this.settled = true;
      this.remember();
      if (crash !== undefined) await this.tell(crash, resumed.length);
    } catch (error) {
      this.logs.extension.error('Interrupted runs were not resumed:', error);
    }
  }

  private async resume(): Promise<RunRecord[]> {
    const interrupted = await this.client.call('runs/list', { state: 'interrupted', limit: 1000 });
    const remembered = new Set(this.remembered);
    const resumed: RunRecord[] = [];
    // The oldest first: as they were queued.
    for (const run of interrupted.items.filter(({ id }) => remembered.has(id)).reverse()) {
      resumed.push(await this.client.call('runs/resume', { run: run.id }));
      this.logs.extension.info(`${runTitle(run)} (${run.id}) goes on from its last checkpoint`);
    }
    return resumed;
  }

  private async tell(crash: Ending, resumed: number): Promise<void> {
    const goesOn = resumed === 1 ? ' goes on' : ' go on';
    const runs = resumed === 0 ? '' : ` ${formatNumber(resumed, 'run')}${goesOn} from the last checkpoint.`;
    const message = `The backend ${describeEnding(crash)} and was started again.${runs}`;
    const openLogs = 'Open Logs';
    const answer = await vscode.window.showWarningMessage(message, openLogs);
    if (answer === openLogs) this.logs.backend.show();
  }
}
