import * as vscode from 'vscode';
import type { RunRecord, RunState } from '../../backend/protocol/run';
import { having, inTitle, onRow } from '../contributions/contribution';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { hasStages } from '../runs/stages';
import { startRun } from '../runs/start';
import { pickText, runTitle } from '../runs/text';
import { chosenRows, givenId } from '../views/selection';
import type { CommandTable } from './command';
import { prepareGuide } from '../guide/prepare';

const resumable: readonly RunState[] = ['paused', 'interrupted', 'failed', 'cancelled'];
const active: readonly RunState[] = ['queued', 'running'];
const all: readonly RunState[] = [...active, ...resumable, 'done'];

export const runCommands: CommandTable = {
  'polymath.runs.resume': {
    title: 'Resume Run',
    icon: 'debug-continue',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^run:(paused|interrupted|failed|cancelled)/, 'inline@2', '2_run@1')],
    run: resume,
  },
  'polymath.runs.pause': {
    title: 'Pause Run',
    icon: 'debug-pause',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^run:(queued|running)/, 'inline@2', '2_run@2')],
    run: forEach('runs/pause', 'pause', active),
  },
  'polymath.runs.cancel': {
    title: 'Cancel Run',
    icon: 'debug-stop',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^run:(queued|running)/, 'inline@3', '2_run@3')],
    run: forEach('runs/cancel', 'cancel', active),
  },
  'polymath.runs.keep': {
    title: 'Keep Running After Window Closes',
    icon: 'pin',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^run:(queued|running)( curves)?$/, '2_run@4')],
    run: keep(true),
  },
  'polymath.runs.stopWithWindow': {
    title: 'Stop When Window Closes',
    icon: 'pinned',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^run:(queued|running) kept/, '2_run@4')],
    run: keep(false),
  },
  'polymath.runs.remove': {
    title: 'Remove Run…',
    icon: 'trash',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^run:(paused|interrupted|failed|cancelled|done)/, '9_remove@1')],
    run: remove,
  },
  'polymath.runs.openLog': {
    title: 'Open Log of Run',
    icon: 'output',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^(run|stage):/, 'inline@1', '1_open@1')],
    run: openLog,
  },
  'polymath.runs.copyId': {
    title: 'Copy Id of Run',
    palette: having('runs'),
    needs: 'backend',
    menus: [onRow('runs', /^(run|stage):/, '8_copy@1')],
    run: copyId,
  },
  'polymath.runs.refresh': {
    title: 'Refresh Runs',
    icon: 'refresh',
    palette: false,
    needs: 'backend',
    menus: [inTitle('runs', 'navigation')],
    run: ({ runs }) => runs.refresh(),
  },
  'polymath.datasets.importSample': {
    title: 'Import Sample Corpus',
    icon: 'cloud-download',
    needs: 'backend',
    run: importSample,
  },
};

async function resume(polymath: Polymath, ...given: unknown[]): Promise<void> {
  for (const { id, spec } of await chosenRuns(polymath, given, 'resume', resumable)) {
    await prepareGuide(polymath, spec.guide);
    await polymath.client.call('runs/resume', { run: id });
  }
}

/** Asks the same of every chosen run. */
function forEach(method: 'runs/pause' | 'runs/cancel', verb: string, states: readonly RunState[]) {
  return async (polymath: Polymath, ...given: unknown[]): Promise<void> => {
    for (const { id } of await chosenRuns(polymath, given, verb, states))
      await polymath.client.call(method, { run: id });
  };
}

/** Says of the chosen runs whether they go on when the window closes. */
function keep(wish: boolean) {
  return async (polymath: Polymath, ...given: unknown[]): Promise<void> => {
    const verb = wish ? 'keep running after the window closes' : 'stop when the window closes';
    for (const { id } of await chosenRuns(polymath, given, verb, active, (run) => (run.keep ?? false) !== wish))
      await polymath.client.call('runs/keep', { run: id, keep: wish });
  };
}

async function remove(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const chosen = await chosenRuns(polymath, given, 'remove', [...resumable, 'done']);
  if (chosen.length === 0) return;
  const what = chosen.length === 1 ? `“${runTitle(chosen[0])}”` : formatNumber(chosen.length, 'run');
  const stages = chosen.some((run) => hasStages(run)) ? ', those of its stages too' : '';
  const detail = `Log, curves and checkpoints are deleted${stages}. What the run made stays.`;
  const answer = await vscode.window.showWarningMessage(`Remove ${what}?`, { modal: true, detail }, 'Remove');
  if (answer !== 'Remove') return;
  for (const { id } of chosen) await polymath.client.call('runs/remove', { run: id });
}

async function openLog(polymath: Polymath, ...given: unknown[]): Promise<void> {
  for (const run of await chosenRuns(polymath, given, 'open the log of', all)) await polymath.runLogs.show(run);
}

async function copyId(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const chosen = await chosenRuns(polymath, given, 'copy the id of', all);
  if (chosen.length > 0) await vscode.env.clipboard.writeText(chosen.map(({ id }) => id).join('\n'));
}

/** The selected runs or the one that is named, where it can be asked of them; from the palette one of a list. Empty where there is none, which is said. */
async function chosenRuns(
  { client }: Polymath,
  given: unknown[],
  verb: string,
  states: readonly RunState[],
  also: (run: RunRecord) => boolean = () => true,
): Promise<RunRecord[]> {
  const fits = (run: RunRecord): boolean => states.includes(run.state) && also(run);
  const rows = chosenRows<RunRecord>(given);
  if (rows.length > 0) return rows.map(({ value }) => value).filter(fits);
  const named = givenId(given, 'run');
  if (named !== undefined) return [await client.call('runs/get', { run: named })].filter(fits);
  const { items } = await client.call('runs/list', { limit: 1000 });
  const candidates = items.filter(fits);
  if (candidates.length === 0) {
    void vscode.window.showInformationMessage(`There is no run to ${verb}.`);
    return [];
  }
  const picks = candidates.map((run) => ({ label: runTitle(run), description: pickText(run), detail: run.id, run }));
  const choice = await vscode.window.showQuickPick(picks, { title: `Choose a run to ${verb}`, matchOnDetail: true });
  return choice === undefined ? [] : [choice.run];
}

async function importSample({ client }: Polymath): Promise<void> {
  await startRun(client, { kind: 'import', source: 'sample' });
  await vscode.commands.executeCommand('polymath.runs.focus');
}
