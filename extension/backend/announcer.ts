import * as vscode from 'vscode';
import type { Disposable } from '../disposables';
import type { BackendClient, BackendState } from './client';

/**
 * Tells once when a backend that ran is given up. One that could not be started in the first place is told of by whatever wanted
 * it, and by the views.
 */
export function announceGivingUp(client: BackendClient): Disposable {
  let last: BackendState = client.state;
  return client.onDidChangeState((state) => {
    const crashed = last.kind === 'ready' || (last.kind === 'starting' && last.crash !== undefined);
    last = state;
    if (state.kind === 'failed' && crashed) void tell(`${state.error.message} ${state.error.next}`);
  });
}

async function tell(message: string): Promise<void> {
  const steps = { 'Restart Backend': 'polymath.backend.restart', 'Open Logs': 'polymath.openLogs' };
  const choice = await vscode.window.showErrorMessage(message, ...(Object.keys(steps) as (keyof typeof steps)[]));
  if (choice !== undefined) await vscode.commands.executeCommand(steps[choice]);
}
