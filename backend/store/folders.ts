import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/errors';
import { id, type IdKind } from '../protocol/records';

/** Folders of the project that hold the files of things with ids, one folder each. */
const kinds = {
  datasets: 'data',
  indexes: 'data',
  experts: 'experts',
  runs: 'run',
  splits: 'split',
} as const satisfies Record<string, IdKind>;

/** Where the files of something lie. Only an id becomes part of a path: throws UserError for anything else. */
export function folderOf(project: string, plural: keyof typeof kinds, name: string): string {
  if (id(kinds[plural]).safeParse(name).success) return join(project, plural, name);
  throw new UserError(`${JSON.stringify(name)} is not the id of any of the ${plural}.`, `List the ${plural}.`);
}

/** Removes the files of something whose record is gone. Nobody sees what a crash in between leaves behind. */
export async function removeFolder(project: string, plural: keyof typeof kinds, name: string): Promise<void> {
  await rm(folderOf(project, plural, name), { recursive: true, force: true });
}
