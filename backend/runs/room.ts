import { statfs } from 'node:fs/promises';
import { UserError } from '../protocol/errors';

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

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
