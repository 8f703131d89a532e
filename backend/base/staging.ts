import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, syncFolder } from './files';

/** Folders that imports of this process are filling. */
const inUse = new Set<string>();

/** `.import-<process>-<random>`: no id of a dataset, so nobody takes it for one. */
const name = /^\.import-(\d+)-[0-9a-f]+$/;

/** A folder beside the finished datasets in which one comes about: it takes its place by one rename, or nobody sees it. */
export class Staging {
  private constructor(
    private readonly parent: string,
    readonly folder: string,
  ) {}

  /** Also removes what imports left behind that were killed. */
  static async open(parent: string): Promise<Staging> {
    await mkdir(parent, { recursive: true });
    await removeStale(parent);
    const folder = join(parent, `.import-${process.pid}-${randomBytes(6).toString('hex')}`);
    inUse.add(folder);
    await mkdir(folder);
    return new Staging(parent, folder);
  }

  /**
   * Gives the folder its place, durably; these files are all that goes there. False where another import has put its own in
   * that place meanwhile.
   */
  async publish(id: string, files: readonly string[]): Promise<boolean> {
    for (const entry of await readdir(this.folder)) {
      if (!files.includes(entry)) await rm(join(this.folder, entry), { recursive: true });
    }
    for (const file of files) await sync(join(this.folder, file));
    await syncFolder(this.folder);
    try {
      await rename(this.folder, join(this.parent, id));
    } catch (error) {
      if (isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) return false;
      throw error;
    }
    await syncFolder(this.parent);
    return true;
  }

  /** Removes whatever is still there. */
  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    inUse.delete(this.folder);
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeStale(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const owner = Number(name.exec(entry)?.[1] ?? NaN);
    const folder = join(parent, entry);
    if (Number.isNaN(owner) || inUse.has(folder) || (owner !== process.pid && isAlive(owner))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}
