/** One process at a time: a lock file whose owner shows every few seconds that it is alive. */
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isSystemError } from '../../base/files';
import { sleep } from './sleep';

// Clocks of network drives differ by seconds; a sign of life that is as old as this comes from nobody.
const silentMs = 60_000;
const signMs = 5000;
const lookMs = 500;

/**
 * Does `task` while no other process does something under the same lock. It spares double work and is no guard of correctness:
 * in the moment in which a dead owner's lock is taken over, two may believe that they have it.
 */
export async function withLock<T>(
  path: string,
  signal: AbortSignal,
  onWaiting: () => void,
  task: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) {
    if (await abandoned(path)) await rm(path, { force: true });
    else {
      onWaiting();
      await sleep(lookMs, signal);
    }
  }
  const sign = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), signMs).unref();
  try {
    return await task();
  } finally {
    clearInterval(sign);
    await rm(path, { force: true });
  }
}

const owner = (pid: number): string => `${pid} ${hostname()}`;

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(owner(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

async function abandoned(path: string): Promise<boolean> {
  const [text, info] = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch(() => ['', undefined] as const);
  if (info === undefined) return false;
  if (Date.now() - info.mtimeMs > silentMs) return true;
  const pid = Number.parseInt(text, 10);
  return text === owner(pid) && !alive(pid);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}
