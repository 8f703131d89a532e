import * as vscode from 'vscode';
import type { RunRecord } from '../../backend/protocol/run';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';
import { stepsNamed } from '../errors/missing';
import { showError, take } from '../errors/show';
import { formatDuration } from '../format';
import { setting } from '../settings';
import type { Polymath } from '../polymath';
import { showFirstAnswer } from './first-answer';
import { nextStep } from './next-step';
import { remarksOn } from './remarks';
import { hasStages, stagesOf } from './stages';
import { runTitle } from './text';

/**
 * Tells of runs that ended: of those that went wrong, of those that took so long that nobody waited for them, and of those that made
 * something about which a person is to know more.
 */
export function announceEnds(polymath: Announced): Disposable {
  // What becomes of a stage, its whole tells.
  return polymath.activity.onDidEnd((run) => void (run.parent === undefined && announce(run, polymath)));
}

type Announced = Pick<Polymath, 'activity' | 'runLogs' | 'client' | 'pages' | 'logs'>;

async function announce(run: RunRecord, polymath: Announced): Promise<void> {
  const { activity, runLogs, client, logs } = polymath;
  const awaited = activity.awaited.delete(run.id);
  const title = runTitle(run);
  const openLog = 'Open Log';
  if (run.failure !== undefined) {
    const what = run.state === 'paused' ? 'is paused' : 'failed';
    const text = `${title} ${what}: ${run.failure.message} ${run.failure.next}`;
    const steps = stepsNamed(run.failure.next);
    const choice = await vscode.window.showErrorMessage(text, ...steps.map(({ title }) => title), openLog);
    return choice === openLog ? runLogs.show(run) : take(steps, choice);
  }
  if (run.state === 'cancelled' && hasStages(run)) return tellKept(run, client);
  if (run.state !== 'done') return;
  if (awaited && hasStages(run)) await showFirstAnswer(polymath, run).catch((error: unknown) => showError(logs, error));
  // What it made may be gone already.
  const remarks = await remarksOn(run, client).catch(() => []);
  const limit = setting('runs.notifyWhenLongerThan');
  const isLong = !awaited && limit > 0 && run.seconds >= limit;
  if (!isLong && remarks.length === 0) return;
  const { title: step, command, on } = nextStep(run);
  const text = [`${title}: done in ${formatDuration(run.seconds)}.`, ...remarks].join(' ');
  const { showInformationMessage, showWarningMessage } = vscode.window;
  const show = remarks.length === 0 ? showInformationMessage : showWarningMessage;
  if ((await show(text, step)) === step) {
    await vscode.commands.executeCommand(command, ...(on === undefined ? [] : [on]));
  }
}

/** What a run that was cancelled in the middle has made all the same. */
async function tellKept(run: RunRecord, client: BackendClient): Promise<void> {
  const done = (await stagesOf(client, run.id)).filter(({ state }) => state === 'done');
  const kept =
    done.length === 0 ? 'Nothing was done yet.' : `Done and kept: ${done.map((one) => runTitle(one)).join('; ')}.`;
  const goOn = 'Resume Run';
  const text = `${runTitle(run)} is cancelled. ${kept}`;
  if ((await vscode.window.showInformationMessage(text, goOn)) === goOn)
    await client.call('runs/resume', { run: run.id });
}
