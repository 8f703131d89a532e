import * as vscode from 'vscode';
import { hasProject } from '../backend/project-folder';
import type { Polymath } from '../polymath';
import { setting } from '../settings';

const memoryKey = 'polymath.home.opened';

/**
 * Opens Home in a folder that has a project: once, not over what somebody reads, without the focus. It shows what a backend that runs
 * tells, and starts none.
 */
export async function openHomeByItself({ client, pages, extension }: Polymath): Promise<void> {
  const { workspaceState } = extension;
  if (!setting('home.openByItself') || workspaceState.get<boolean>(memoryKey) === true) return;
  if (client.folder === undefined || !vscode.workspace.isTrusted || !(await hasProject(client.folder))) return;
  if (vscode.window.tabGroups.all.some(({ tabs }) => tabs.length > 0)) return;
  await workspaceState.update(memoryKey, true);
  await pages.show('home', { byItself: true }, { preserveFocus: true });
}
