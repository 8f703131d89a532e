import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../base/errors';
import { exists } from '../base/files';

const mebibyte = 2 ** 20;
/** MiB that a run finds free when it begins: room for checkpoints of a small model and for what it makes. */
const leastRoom = 256;

/** Throws UserError where the disk of a folder is nearly full: better now than in the middle of a run. `free`: bytes. */
export async function requireRoom(folder: string, free = freeBytes(folder)): Promise<void> {
  const left = Math.floor((await free) / mebibyte);
  if (left >= leastRoom) return;
  throw new UserError(
    `The disk of ${folder} has ${left} MiB left; a run wants ${leastRoom} MiB at least.`,
    'Free some space, and start it again.',
  );
}

/** Throws UserError where the disk of a folder, which need not be there yet, has no room for so many bytes. */
export async function requireBytes(folder: string, bytes: number, free = freeBytes(folder)): Promise<void> {
  const [left, wanted] = [Math.floor((await free) / mebibyte), Math.ceil(bytes / mebibyte)];
  if (left >= wanted) return;
  throw new UserError(
    `The disk of ${folder} has ${left} MiB left, and ${wanted} MiB are to be written.`,
    'Free some space, or choose another place.',
  );
}

async function freeBytes(folder: string): Promise<number> {
  let there = folder;
  while (!(await exists(there)) && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}
