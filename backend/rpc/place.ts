/** Which folder a project is: a copy, a link, or what was put in its place since are told apart by more than the name. */
import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConflictError, UserError } from '../base/errors';
import type { Place } from '../protocol/messages';

/**
 * The folder as it is now, symbolic links resolved. The database counts too: a process that has it open keeps its number from being
 * given to another file, while the number of a removed folder may come back at once. Throws UserError where there is no folder.
 */
export function placeOf(folder: string): Place {
  const found = look(folder);
  if (found === undefined) throw new UserError(`There is no project in ${folder}.`, 'Look where it is now.');
  const database = look(join(folder, 'project.duckdb'));
  return {
    folder: realpathSync(folder),
    device: String(found.dev),
    inode: String(found.ino),
    database: String(database?.ino ?? ''),
  };
}

/** Whether both are one folder, whatever the paths that lead there. */
export function samePlace(one: Place, other: Place): boolean {
  return one.device === other.device && one.inode === other.inode && one.database === other.database;
}

/** Whether the folder that was opened is at its place still. */
export function isInPlace(opened: Place): boolean {
  return look(opened.folder) !== undefined && samePlace(placeOf(opened.folder), opened);
}

/** Throws ConflictError where the folder that was opened is not at its place any more: it was moved, removed or replaced. */
export function requireInPlace(opened: Place): void {
  if (isInPlace(opened)) return;
  throw new ConflictError(
    `The project was moved, replaced or removed while process ${process.pid} had it open as ${opened.folder}.`,
    `End process ${process.pid} (close the editor window or stop the command), then open the project where it is now; or move it back.`,
  );
}

/** Throws ConflictError where a client means another project than the one that is open here. */
export function requireSame(meant: Place, opened: Place): void {
  requireInPlace(opened);
  if (samePlace(meant, opened)) return;
  throw new ConflictError(
    `Process ${process.pid} serves the project ${opened.folder}, not ${meant.folder}.`,
    'Open the project again.',
  );
}

function look(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
