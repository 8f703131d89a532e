import { statSync } from 'node:fs';
import { UserError } from '../base/errors';

/** The project's file is damaged or gone, and nothing was done to it. `Store.repair` puts the last backup in force. */
export class DamagedProjectError extends UserError {
  override readonly name = 'DamagedProjectError';

  constructor(path: string, how: string) {
    const time = timeOf(backupPath(path));
    const backup = time === undefined ? 'There is no backup' : `The last backup is of ${time}`;
    super(
      `The project's file ${path} ${how}. ${backup}.`,
      time === undefined
        ? 'Put a copy of your own in its place, or move the file away to begin with an empty project.'
        : 'Run `polymath doctor --repair`: the damaged file is kept under another name and the backup takes its place.',
    );
  }
}

export function backupPath(path: string): string {
  return `${path}.backup`;
}

/** When a file was last written, ISO 8601; undefined where there is none. */
export function timeOf(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtime.toISOString();
}

/** What DuckDB and the file system say, in their words and codes, and what it means for the user. */
const meanings: readonly (readonly [RegExp, (path: string, message: string) => UserError])[] = [
  [
    /disk is full|No space left|ENOSPC|File too large|EFBIG|not enough space|quota exceeded|EDQUOT/i,
    (path) => diskFull(path),
  ],
  [/Could not set lock|being used by another process|already open in/i, (path, message) => inUse(path, message)],
  [/newer version of DuckDB|can only read version/i, (path) => writtenByNewer(path)],
  [/Permission denied|EACCES|EPERM|EROFS|Read-only file system|Access is denied/i, (path) => forbidden(path)],
  [/ENAMETOOLONG|File name too long/i, (path) => new UserError(`The path ${path} is too long.`, 'Move the project.')],
  [/ENOTDIR|EEXIST|Not a directory/i, (path) => notAFolder(path)],
  [
    /corrupt|not a valid DuckDB|Could not read enough bytes|replaying WAL|INTERNAL Error|has been invalidated/i,
    (path, message) => new DamagedProjectError(path, `is damaged (${firstLine(message)})`),
  ],
];

/** An error of the project's file as the user's error where it is one. */
export function explained(error: unknown, path: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const meaning = meanings.find(([pattern]) => pattern.test(error.message));
  return meaning === undefined ? error : meaning[1](path, error.message);
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && meanings[0][0].test(error.message);
}

export function diskFull(path: string): UserError {
  return new UserError(
    `The disk is full: ${path} could not be written. What was there before is still there.`,
    'Free some space and try again.',
  );
}

/** Another process has the project open. */
export class InUseError extends UserError {
  override readonly name = 'InUseError';
}

/** `message` names the process that holds the file, where DuckDB knows it. */
export function inUse(path: string, message = ''): InUseError {
  const pid = /PID (\d+)/.exec(message)?.[1];
  const process = pid === undefined ? 'another process' : `process ${pid}`;
  return new InUseError(
    `The project ${path} is open in ${process}.`,
    `Close the editor window that shows it or stop ${process}, or use \`polymath\` commands, which talk to it.`,
  );
}

export function writtenByNewer(path: string, numbers = ''): UserError {
  return new UserError(`${path} was written by a newer Polymath${numbers}.`, 'Update Polymath.');
}

function forbidden(path: string): UserError {
  return new UserError(
    `The project ${path} cannot be written: permission denied or a read-only disk.`,
    'Give yourself the right to write there, or choose another folder for the project.',
  );
}

function notAFolder(path: string): UserError {
  return new UserError(
    `The project ${path} cannot be opened: a file stands where a folder should be.`,
    'Move that file away, or choose another folder for the project.',
  );
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0].slice(0, 300);
}
