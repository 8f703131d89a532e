import * as vscode from 'vscode';
import { ConflictError } from '../../backend/base/errors';
import type { Params } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';
import type { BackendClient } from '../backend/client';
import { setting } from '../settings';

/**
 * Starts a run; whether it goes on when the window closes is as the setting says, until its row says otherwise. Where a run does the
 * same already, a person decides; rejects with a cancellation where that run is enough.
 */
export async function startRun(client: BackendClient, spec: Params<'runs/start'>['spec']): Promise<RunRecord> {
  const start = (again: boolean): Promise<RunRecord> =>
    client.call('runs/start', { spec, again, keep: setting('runs.whenWindowCloses') === 'keepRunning' });
  try {
    return await start(false);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const [show, another] = ['Show Run', 'Start Another'] as const;
    const choice = await vscode.window.showWarningMessage(error.message, show, another);
    if (choice === another) return start(true);
    if (choice === show) await vscode.commands.executeCommand('polymath.runs.focus');
    throw new vscode.CancellationError();
  }
}
