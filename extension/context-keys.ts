import * as vscode from 'vscode';
import type { BackendClient } from './backend/client';
import { hasProject } from './backend/project-folder';
import type { Disposable } from './disposables';

/**
 * Keeps the context keys of `when` clauses true:
 *
 *     polymath.state     no-folder, untrusted, stopped, starting, ready or failed
 *     polymath.stopped   by a person, who must start the backend before anything shows again
 *     polymath.project   there is a project in the open folder
 */
export function keepContextKeys(client: BackendClient): Disposable {
  const set = (key: string, value: unknown): void => void vscode.commands.executeCommand('setContext', key, value);
  const update = async (): Promise<void> => {
    const { state, folder } = client;
    set('polymath.state', state.kind);
    set('polymath.stopped', state.kind === 'stopped' && state.byUser);
    set('polymath.project', folder !== undefined && (await hasProject(folder)));
  };
  void update();
  return client.onDidChangeState(() => void update());
}
