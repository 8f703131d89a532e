import * as vscode from 'vscode';
import type { RunRecord } from '../../backend/protocol/run';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';
import type { RunLogs } from '../documents/run-logs';
import { stepsNamed } from '../errors/missing';
import { take } from '../errors/show';
import { formatDuration } from '../format';
import { setting } from '../settings';
import type { Activity } from './activity';
import { nextStep } from './next-step';
import { remarksOn } from './remarks';
import { runTitle } from './text';

/**
 * Tells of runs that ended: of those that went wrong, of those that took so long that nobody waited for them, and of those that made
 * something about which a person is to know more.
 */
export function announceEnds(activity: Activity, logs: RunLogs, client: BackendClient): Disposable {
  return activity.onDidEnd((run) => void announce(run, logs, client));
}

async function announce(run: RunRecord, logs: RunLogs, client: BackendClient): Promise<void> {
  const title = runTitle(run);
  const openLog = 'Open Log';
  if (run.failure !== undefined) {
    const what = run.state === 'paused' ? 'is paused' : 'failed';
    const text = `${title} ${what}: ${run.failure.message} ${run.failure.next}`;
    const steps = stepsNamed(run.failure.next);
    const choice = await vscode.window.showErrorMessage(text, ...steps.map(({ title }) => title), openLog);
    return choice === openLog ? logs.show(run) : take(steps, choice);
  }
  if (run.state !== 'done') return;
  // What it made may be gone already.
  const remarks = await remarksOn(run, client).catch(() => []);
  const limit = setting('runs.notifyWhenLongerThan');
  const isLong = limit > 0 && run.seconds >= limit;
  if (!isLong && remarks.length === 0) return;
  const { title: step, command, on } = nextStep(run);
  const text = [`${title}: done in ${formatDuration(run.seconds)}.`, ...remarks].join(' ');
  const { showInformationMessage, showWarningMessage } = vscode.window;
  const show = remarks.length === 0 ? showInformationMessage : showWarningMessage;
  if ((await show(text, step)) === step) {
    await vscode.commands.executeCommand(command, ...(on === undefined ? [] : [on]));
  }
}
