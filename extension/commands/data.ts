/** The end of a project: what it holds, what stays, and its removal. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { formatBytes } from '../../backend/base/bytes';
import { UserError } from '../../backend/base/errors';
import type { Result } from '../../backend/protocol/messages';
import { hasProject } from '../backend/project-folder';
import { formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { isActive } from '../runs/activity';
import type { CommandTable } from './command';

export const dataCommands: CommandTable = {
  'polymath.removeAllData': {
    title: 'Remove All Data…',
    icon: 'trash',
    needs: 'trusted folder',
    run: removeAllData,
  },
};

/** What the parts of a project are to a person. */
const parts: Readonly<Record<string, string>> = {
  database: 'records, labels and piles',
  datasets: 'datasets',
  experts: 'weights of experts',
  runs: 'logs, curves and checkpoints of runs',
  tasks: 'cache, which can be computed again',
};

async function removeAllData(polymath: Polymath): Promise<void> {
  const { client } = polymath;
  const { folder, state } = client;
  if (folder === undefined || !(await hasProject(folder))) {
    throw new UserError('There is no project in this folder, so there is nothing to remove.', 'Import a corpus first.');
  }
  if (state.kind === 'ready' && state.hello.owner === 'command') {
    throw new UserError('A command in a terminal works on the project.', 'Wait until it is done, or end it there.');
  }
  const title = 'Remove All Data';
  const { size, runs } = await contents(polymath);
  const detail = [...size, whatStays, ...atWork(runs.length)].join('\n\n');
  const question = `Remove all of Polymath’s data in ${folder}? This cannot be undone.`;
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, title)) !== title) return;
  await vscode.window.withProgress({ location: { viewId: 'polymath.datasets' } }, async () => {
    // The runs first, which may write for seconds after a backend that was killed; those that wait before those at work.
    for (const run of runs) await client.call('runs/cancel', { run });
    await client.stop();
    await removeFolder(folder);
    client.forget();
  });
  void vscode.window.showInformationMessage(`The project in ${folder} is removed.`);
}

const whatStays =
  'Your own files stay, those that were imported among them; so do exports, and base models that were downloaded.';

/** A project that no backend can open can be removed, too. `runs`: the newest first. */
async function contents({ client, logs }: Polymath): Promise<{ size: string[]; runs: string[] }> {
  try {
    const size = [sizes(await client.call('project/info', {}))];
    const { items } = await client.call('runs/list', { limit: 1000 });
    return { size, runs: items.filter(isActive).map(({ id }) => id) };
  } catch (error) {
    logs.extension.warn('What the project holds is not known:', error);
    return { size: [], runs: [] };
  }
}

function sizes({ bytes }: Result<'project/info'>): string {
  const known = Object.entries(parts).filter(([part]) => Object.hasOwn(bytes, part));
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  return [...known.map(([part, what]) => `${formatBytes(bytes[part])}  ${what}`), `${formatBytes(total)}  in all`].join(
    '\n',
  );
}

function atWork(runs: number): string[] {
  return runs === 0 ? [] : [`${formatNumber(runs, 'run')} at work or waiting will be stopped and removed, too.`];
}

/** Under another name first: whoever opens the project meanwhile finds all of it or nothing. */
async function removeFolder(folder: string): Promise<void> {
  const going = join(folder, '..', `.polymath-removed-${Date.now().toString(36)}`);
  try {
    await rename(folder, going);
    await rm(going, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Not all data was removed: ${reason}.`, 'Close what has files of it open, and try again.');
  }
}
