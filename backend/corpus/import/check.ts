import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UserError } from '../../base/errors';
import { unreadable, type SourceFile } from './listing';
import type { Pulse } from './pulse';

export interface SourceCheck {
  /** Over the names, sizes and bytes of all files. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Reads all files once, to know them again. A file that cannot be read counts with the reason why. */
export async function hashFiles(files: readonly SourceFile[], pulse: Pulse): Promise<SourceCheck> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const hash = createHash('sha256');
  let done = 0;
  for (const { path, name, bytes } of files) {
    hash.update(JSON.stringify([name, bytes]));
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
        hash.update(chunk as Buffer);
        done += (chunk as Buffer).length;
        await pulse.beat(() => ({ stage: 'Checking the files', done, total, unit: 'bytes' }));
      }
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      if (files.length === 1) throw new UserError(`${path} ${unreadable(error)}.`, 'Check your right to read it.');
      hash.update(unreadable(error));
    }
    await pulse.beat(() => ({ stage: 'Checking the files', done, total, unit: 'bytes' }));
  }
  pulse.tell({ stage: 'Checking the files', done, total, unit: 'bytes' });
  return { sha256: hash.digest('hex'), bytes: total };
}

/** Throws UserError where a file is not what it was when it was found. */
export async function requireUnchanged({ path, bytes, modified, inode }: SourceFile): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.size === bytes && info.mtimeMs === modified && info.ino === inode) return;
  const what = info === undefined ? 'was deleted' : 'changed';
  throw new UserError(`${path} ${what} while it was read.`, 'Import again when nothing writes to it.');
}
