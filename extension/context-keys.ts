import * as vscode from 'vscode';
import type { BackendClient } from './backend/client';
import { hasProject } from './backend/project-folder';
import type { Kept } from './contributions/contribution';
import type { Disposable } from './disposables';
import { Throttle } from './throttle';

/**
 * Keeps the context keys of `when` clauses true:
 *
 *     polymath.state     no-folder, untrusted, stopped, starting, ready or failed
 *     polymath.stopped   by a person, who must start the backend before anything shows again
 *     polymath.project   there is a project in the open folder
 *     polymath.has.*     it has datasets, splits, experts …: steps of the walkthrough that are done, and commands that have something to do
 */
export function keepContextKeys(client: BackendClient): Disposable {
  const set = (key: string, value: unknown): void => void vscode.commands.executeCommand('setContext', key, value);
  const update = async (): Promise<void> => {
    const { state, folder } = client;
    set('polymath.state', state.kind);
    set('polymath.stopped', state.kind === 'stopped' && state.byUser);
    set('polymath.project', folder !== undefined && (await hasProject(folder)));
  };
  const count = async (): Promise<void> => {
    // Whoever only counts starts no backend.
    if (client.state.kind !== 'ready') return;
    const { counts } = await client.call('project/info', {});
    for (const kind of kinds) set(`polymath.has.${kind}`, counts[kind] > 0);
  };
  // What cannot be asked now is asked when the backend is there again.
  const recount = new Throttle(() => void count().catch(() => undefined), 1000);
  const subscriptions = [
    client.onDidChangeState(() => void update()),
    client.onResync(() => recount.request()),
    client.onEvent((event) => {
      if (event.type === 'run' || (event.type === 'changed' && counted.includes(event.what))) recount.request();
    }),
    recount,
  ];
  void update();
  return vscode.Disposable.from(...subscriptions);
}

const kinds: readonly Kept[] = [
  'datasets',
  'questions',
  'splits',
  'experts',
  'mixers',
  'councils',
  'evaluations',
  'runs',
];
const counted: readonly string[] = kinds;
