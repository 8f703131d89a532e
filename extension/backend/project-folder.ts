import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';

/** Where the project of this window lives: `.polymath` in its first folder on disk; undefined where none is open. */
export function projectFolder(): string | undefined {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return folder && join(folder.uri.fsPath, '.polymath');
}

/** Whether there is a project: looking at a folder must not make one. */
export async function hasProject(folder: string): Promise<boolean> {
  return isThere(join(folder, 'project.duckdb'));
}

/** Whether a backend has left its address there; one that was killed leaves it, too. */
export async function isServed(folder: string): Promise<boolean> {
  return isThere(join(folder, 'backend.json'));
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
