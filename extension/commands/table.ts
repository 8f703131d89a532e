/** Every command: what it needs, and what it does. Titles, icons and places are in package.json; a test compares the two. */
import * as vscode from 'vscode';
import type { BackendState } from '../backend/client';
import { UserError } from '../../backend/base/errors';
import { Disposables } from '../disposables';
import type { Polymath } from '../polymath';
import { askCommands } from './ask';
import { backendCommands } from './backend';
import { dataCommands } from './data';
import { documentCommands } from './documents';
import { labelCommands } from './labels';
import { MissingStep, type Step, stepsNamed } from './missing';
import { endpointCommands } from './endpoint';
import { environmentCommands } from './environment';
import { evaluateCommands } from './evaluate';
import { exportCommands } from './export';
import { importCommands } from './import';
import { otherImportCommands } from './import-others';
import { linkCommands } from './links';
import { mergeCommands } from './merge';
import { modelCommands } from './models';
import { pageCommands } from './pages';
import { pileCommands } from './piles';
import { removalCommands } from './removal';
import { runCommands } from './runs';
import { splitCommands } from './split';
import { splitByExpertsCommands } from './split-by-experts';
import { take } from './take';
import { trainCommands } from './train';
import { viewCommands } from './views';

/**
 * What must be there before a command does anything: nothing at all; a folder that is trusted; a backend, which is started where it
 * does not run yet.
 */
export type Need = 'nothing' | 'trusted folder' | 'backend';

export interface Command {
  readonly needs: Need;
  /** Gets what the editor hands over: in a view the row, and all selected rows. Throws UserError where the user can mend it. */
  readonly run: (polymath: Polymath, ...given: unknown[]) => unknown;
}

export type CommandTable = Readonly<Record<`polymath.${string}`, Command>>;

export const commands: CommandTable = {
  ...askCommands,
  ...backendCommands,
  ...dataCommands,
  ...documentCommands,
  ...endpointCommands,
  ...environmentCommands,
  ...exportCommands,
  ...labelCommands,
  ...viewCommands,
  ...pageCommands,
  ...pileCommands,
  ...linkCommands,
  ...removalCommands,
  ...evaluateCommands,
  ...importCommands,
  ...mergeCommands,
  ...modelCommands,
  ...otherImportCommands,
  ...runCommands,
  ...splitCommands,
  ...splitByExpertsCommands,
  ...trainCommands,
};

export function registerCommands(polymath: Polymath): Disposables {
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
    return void showError(polymath, error);
  }
}

/** A command that cannot do anything now says why, and offers the step that mends it. */
export interface Refusal {
  readonly message: string;
  readonly steps: readonly Step[];
}

const openLogs = { title: 'Open Logs', command: 'polymath.openLogs' };

/** Undefined where nothing is in the way. */
export function whyNot(needs: Need, state: BackendState): Refusal | undefined {
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

async function explain({ message, steps }: Refusal): Promise<void> {
  await take(steps, await vscode.window.showWarningMessage(message, ...steps.map(({ title }) => title)));
}

/** The user's own mistakes with the step that mends them; of a defect the log has the rest. What was cancelled needs no word. */
export async function showError({ logs }: Pick<Polymath, 'logs'>, error: unknown): Promise<void> {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled')) return;
  if (error instanceof MissingStep) return explain({ message: `${error.message} ${error.next}`, steps: error.steps });
  logs.extension.error(error instanceof Error ? error : String(error));
  const text = error instanceof Error ? error.message : String(error);
  const message = error instanceof UserError ? `${text} ${error.next}` : `Polymath failed: ${text}`;
  const steps = error instanceof UserError ? stepsNamed(error.next) : [];
  const choice = await vscode.window.showErrorMessage(message, ...steps.map(({ title }) => title), openLogs.title);
  if (choice === openLogs.title) logs.extension.show();
  else await take(steps, choice);
}
