import * as vscode from 'vscode';
import { chord } from '../contributions/contribution';
import { formatNumber } from '../format';
import { offers } from '../offers';
import type { Polymath } from '../polymath';
import type { CommandTable } from './command';

export const backendCommands: CommandTable = {
  'polymath.backend.start': {
    title: 'Start Backend',
    icon: 'play',
    needs: 'trusted folder',
    run: ({ client }) => waitFor(client.start()),
  },
  'polymath.backend.restart': {
    title: 'Restart Backend',
    icon: 'debug-restart',
    needs: 'trusted folder',
    run: restart,
  },
  'polymath.backend.stop': {
    title: 'Stop Backend',
    icon: 'debug-stop',
    needs: 'trusted folder',
    run: stop,
  },
  'polymath.openLogs': {
    title: 'Open Logs',
    icon: 'output',
    needs: 'nothing',
    keys: [chord('l')],
    run: openLogs,
  },
  'polymath.showActions': {
    title: 'Show Status and Actions',
    needs: 'nothing',
    keys: [chord('p')],
    run: showActions,
  },
};

async function restart(polymath: Polymath): Promise<void> {
  if (await mayInterrupt(polymath, 'Restart')) await waitFor(polymath.client.restart());
}

async function stop(polymath: Polymath): Promise<void> {
  if (await mayInterrupt(polymath, 'Stop')) await waitFor(polymath.client.stop());
}

/** Asks where runs are at work; where none is, nothing is lost. */
async function mayInterrupt({ activity }: Polymath, title: string): Promise<boolean> {
  const { active } = activity;
  if (active.length === 0) return true;
  const runs = formatNumber(active.length, 'run');
  const detail = `${runs} will be interrupted with a checkpoint, and can go on from it when the backend runs again.`;
  const answer = await vscode.window.showWarningMessage(
    `${title} the backend while runs are at work?`,
    { modal: true, detail },
    title,
  );
  return answer === title;
}

/** Shows in the views that something is under way. */
function waitFor(work: Promise<void>): Thenable<void> {
  return vscode.window.withProgress({ location: { viewId: 'polymath.runs' } }, () => work);
}

function openLogs({ logs, client }: Polymath): void {
  // What went wrong at the start is told by whoever starts; all else by the backend itself.
  if (client.state.kind === 'ready') logs.backend.show();
  else logs.extension.show();
}

/** Behind the item in the status bar. */
async function showActions({ client }: Polymath): Promise<void> {
  const items = offers[client.state.kind].map(({ title, icon, command }) => ({
    label: `$(${icon}) ${title}`,
    command,
  }));
  const choice = await vscode.window.showQuickPick(items, { title: 'Polymath' });
  if (choice !== undefined) await vscode.commands.executeCommand(choice.command);
}
