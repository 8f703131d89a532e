import * as vscode from 'vscode';
import type { RunRecord } from '../../backend/protocol/run';
import type { Disposable } from '../disposables';
import type { RunLogs } from '../documents/run-logs';
import { stepsNamed } from '../errors/missing';
import { take } from '../errors/show';
import { formatDuration } from '../format';
import { setting } from '../settings';
import type { Activity } from './activity';
import { nextStep } from './next-step';
import { runTitle } from './text';

/** Tells of runs that ended: of those that went wrong, and of those that took so long that nobody waited for them. */
export function announceEnds(activity: Activity, logs: RunLogs): Disposable {
  return activity.onDidEnd((run) => void announce(run, logs));
}

async function announce(run: RunRecord, logs: RunLogs): Promise<void> {
  const title = runTitle(run);
  const openLog = 'Open Log';
  if (run.failure !== undefined) {
    const what = run.state === 'paused' ? 'is paused' : 'failed';
    const text = `${title} ${what}: ${run.failure.message} ${run.failure.next}`;
    const steps = stepsNamed(run.failure.next);
    const choice = await vscode.window.showErrorMessage(text, ...steps.map(({ title }) => title), openLog);
    return choice === openLog ? logs.show(run) : take(steps, choice);
  }
  const limit = setting('runs.notifyWhenLongerThan');
  if (run.state !== 'done' || limit === 0 || run.seconds < limit) return;
  const { title: step, command, on } = nextStep(run);
  const text = `${title}: done in ${formatDuration(run.seconds)}.`;
  if ((await vscode.window.showInformationMessage(text, step)) === step) {
    await vscode.commands.executeCommand(command, ...(on === undefined ? [] : [on]));
  }
}
