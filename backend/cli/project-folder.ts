import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const usual = '.polymath';

/**
 * The folder of the project that `--project` names. By its usual name it is looked for in the current folder and in those above it, as
 * git does, and where there is none anywhere it belongs into the current one. What another user put above is passed over.
 */
export function projectFolder(named: string, current = process.cwd()): string {
  if (named !== usual) return resolve(current, named);
  for (let folder = current; ; folder = dirname(folder)) {
    const project = join(folder, usual);
    if (folder === current ? isThere(project) : isOwn(project)) return project;
    if (folder === dirname(folder)) return join(current, usual);
  }
}

function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined;
}

function isOwn(folder: string): boolean {
  const database = statSync(join(folder, 'project.duckdb'), { throwIfNoEntry: false });
  return database !== undefined && (process.getuid === undefined || database.uid === process.getuid());
}
