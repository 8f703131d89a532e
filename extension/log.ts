import * as vscode from 'vscode';
import type { Disposable } from './disposables';

/** What the extension and what its backend have to say: two channels of the output panel. */
export interface Logs extends Disposable {
  readonly extension: vscode.LogOutputChannel;
  readonly backend: vscode.LogOutputChannel;
}

export function createLogs(): Logs {
  const extension = vscode.window.createOutputChannel('Polymath', { log: true });
  const backend = vscode.window.createOutputChannel('Polymath Backend', { log: true });
  const dispose = (): void => {
    extension.dispose();
    backend.dispose();
  };
  return { extension, backend, dispose };
}
