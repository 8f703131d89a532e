import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatBytes } from './bytes';
import { UserError } from './errors';
import { exists } from './files';

const mebibyte = 2 ** 20;
/** MiB that a run finds free when it begins: for checkpoints of a small model and for what it makes. */
const leastForRun = 256;
/** Bytes that a download leaves free: a disk that is full to the brim stops everything else. */
const spared = 100e6;

/** Throws UserError where the disk of a folder is nearly full: better now than in the middle of a run. `free`: bytes. */
export async function requireSpaceForRun(folder: string, free = freeBytes(folder)): Promise<void> {
  const left = Math.floor((await free) / mebibyte);
  if (left >= leastForRun) return;
  throw new UserError(
    `The disk of ${folder} has ${left} MiB left; a run wants ${leastForRun} MiB at least.`,
    'Free some space, and start it again.',
  );
}

/** Throws UserError where the disk of a place that the user chose has no space for so many bytes. `free`: bytes. */
export async function requireSpaceFor(path: string, bytes: number, free = freeBytes(path)): Promise<void> {
  const [left, wanted] = [Math.floor((await free) / mebibyte), Math.ceil(bytes / mebibyte)];
  if (left >= wanted) return;
  throw new UserError(
    `The disk of ${path} has ${left} MiB left, and ${wanted} MiB are to be written.`,
    'Free some space, or choose another place.',
  );
}

/** Throws UserError where the disk of a path in a cache has no space for so many bytes more, and some to spare. */
export async function requireSpaceInCache(path: string, bytes: number): Promise<void> {
  const free = await freeBytes(path);
  if (free >= bytes + spared) return;
  throw new UserError(
    `The disk of ${path} has ${formatBytes(free)} free, and ${formatBytes(bytes)} are to be written.`,
    'Free some space, or put the cache elsewhere with HF_HOME (models of the hub) and POLYMATH_CACHE (everything else).',
  );
}

/** Bytes that are free on the disk of a path, which need not be there yet. */
async function freeBytes(path: string): Promise<number> {
  let there = path;
  while (!(await exists(there)) && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}
