import { formatNumber } from '../format';
import * as vscode from 'vscode';
import type { RunRecord, RunState } from '../../backend/protocol/run';
import type { BackendClient } from '../backend/client';
import type { Activity } from '../runs/activity';
import { hasCurves } from '../runs/curves';
import { hasStages } from '../runs/stages';
import { rowText, runFigures, runTitle, stateText } from '../runs/text';
import { Throttle } from '../throttle';
import { type TreePage, PagedTree, type TreeRow, type Window } from './paged-tree';
import { figuresTooltip } from './tooltip';

const icons: Record<RunState, readonly [icon: string, color?: string]> = {
  queued: ['watch'],
  running: ['sync~spin'],
  paused: ['debug-pause', 'charts.yellow'],
  interrupted: ['debug-disconnect', 'charts.yellow'],
  done: ['pass', 'testing.iconPassed'],
  failed: ['error', 'testing.iconFailed'],
  cancelled: ['circle-slash', 'disabledForeground'],
};

/** What menus ask of a run beside its state. */
function marksOf(run: RunRecord): string[] {
  const evaluated = run.result?.startsWith('eval-') === true;
  return [
    ...(run.keep === true ? ['kept'] : []),
    ...(hasCurves(run) ? ['curves'] : []),
    ...(evaluated ? ['evaluation'] : []),
  ];
}

/** All runs of the project, the newest first. */
export class RunsTree extends PagedTree<RunRecord> {
  constructor(
    client: BackendClient,
    private readonly activity: Activity,
  ) {
    super('polymath.runs', client);
    const redraw = new Throttle(() => this.redraw(), 250);
    this.subscriptions.push(
      redraw,
      activity.onDidChange(() => redraw.request()),
      client.onEvent((event) => {
        if (event.type === 'changed' && event.what === 'runs') return this.refresh();
        if (event.type !== 'run' || this.update(event.run.id, event.run)) return;
        // A run that is not shown yet is a new one, and stands on top; a stage below its whole.
        const { parent } = event.run;
        if (parent === undefined || !this.refreshBelow(parent)) this.refresh();
      }),
    );
  }

  protected load(parent: TreeRow<RunRecord> | undefined, window: Window): Promise<TreePage<RunRecord>> {
    return this.client.call('runs/list', { ...window, ...(parent === undefined ? {} : { parent: parent.id }) });
  }

  protected idOf(run: RunRecord): string {
    return run.id;
  }

  protected itemOf(row: TreeRow<RunRecord>): vscode.TreeItem {
    const { value: run } = row;
    const title = runTitle(run);
    const state = stateText(run);
    const item = new vscode.TreeItem(title, hasStages(run) ? this.opened(row) : undefined);
    const [icon, color] = icons[run.state];
    item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    item.description = rowText(run);
    item.contextValue = [`${run.parent === undefined ? 'run' : 'stage'}:${run.state}`, ...marksOf(run)].join(' ');
    if (hasCurves(run)) item.command = { command: 'polymath.pages.training', title: 'Show Curves', arguments: [row] };
    item.tooltip = figuresTooltip(title, runFigures(run));
    item.accessibilityInformation = { label: `${title}, ${state}` };
    return item;
  }

  /** Shows how far the runs at work are, here and on the icon of the activity bar. */
  private redraw(): void {
    const { active, withStages } = this.activity;
    for (const run of withStages) this.update(run.id, run);
    const tooltip = `${formatNumber(active.length, 'run')} at work or waiting`;
    this.view.badge = active.length === 0 ? undefined : { value: active.length, tooltip };
  }
}
