import * as vscode from 'vscode';
import type { BackendState } from '../backend/client';
import { Disposables } from '../disposables';
import { openLogs } from '../errors/missing';
import { explain, type Refusal, showError } from '../errors/show';
import type { Polymath } from '../polymath';
import type { Command, CommandTable, Need } from './command';

export function registerCommands(polymath: Polymath, commands: CommandTable): Disposables {
  const registered = new Disposables();
  for (const [id, command] of Object.entries(commands)) {
    registered.add(vscode.commands.registerCommand(id, (...given) => carryOut(polymath, command, given)));
  }
  return registered;
}

async function carryOut(polymath: Polymath, { needs, run }: Command, given: unknown[]): Promise<unknown> {
  const refusal = whyNot(needs, polymath.client.state);
  // Nobody waits until a message is read.
  if (refusal !== undefined) return void explain(refusal);
  try {
    return await run(polymath, ...given);
  } catch (error) {
    return void showError(polymath.logs, error);
  }
}

/** Undefined where nothing is in the way. */
function whyNot(needs: Need, state: BackendState): Refusal | undefined {
  if (needs === 'nothing') return undefined;
  if (state.kind === 'no-folder') {
    return {
      message: 'No folder is open. Polymath keeps its project in the folder it works in.',
      steps: [{ title: 'Open Folder…', command: 'workbench.action.files.openFolder' }],
    };
  }
  if (state.kind === 'untrusted') {
    return {
      message: 'This workspace is not trusted, so Polymath starts no process in it.',
      steps: [{ title: 'Manage Workspace Trust', command: 'workbench.trust.manage' }],
    };
  }
  if (needs === 'backend' && state.kind === 'failed') {
    return {
      message: `${state.error.message} ${state.error.next}`,
      steps: [{ title: 'Restart Backend', command: 'polymath.backend.restart' }, openLogs],
    };
  }
  return undefined;
}
