import { lstat, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from './errors';

/** Reads a file by its name below some folder, wherever that is. */
export type ReadFile = (name: string) => Promise<Uint8Array>;

/** Reads the files of a folder of this machine. */
export const filesOf =
  (folder: string): ReadFile =>
  (name) =>
    readFile(join(folder, name));

/** What a file is to hold: all of it, or bytes that come piece by piece, so that they need not be in memory at once. */
export type Content = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that whoever reads it sees the old content or the whole new one, whatever happens in between:
 * temporary file beside it, fsync, size check, rename, fsync of the folder.
 */
export async function writeWhole(path: string, content: Content, mode = 0o666): Promise<void> {
  const whole = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.${process.pid}.part`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      let length = 0;
      for await (const piece of whole instanceof Uint8Array ? [whole] : whole) {
        await file.writeFile(piece);
        length += piece.byteLength;
      }
      await file.sync();
      const { size } = await file.stat();
      if (size !== length) throw new Error(`wrote ${size} of ${length} bytes of ${path}`);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (isSystemError(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
      throw new UserError(`The disk is full: ${path} was not written.`, 'Free some space and run the command again.');
    }
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes renames in a folder durable. Windows cannot open a folder for syncing; there the rename alone has to do. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** JSON as Python writes it too: NaN and Infinity, which JSON does not know, are null. Throws SyntaxError for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const numbers = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gsu;
    const known = text.replaceAll(numbers, (part) => (part.startsWith('"') ? part : 'null'));
    if (known === text) throw error;
    return JSON.parse(known) as unknown;
  }
}

/** Reads and parses a JSON file; `what` names it in the error: "the model's configuration". */
export async function readJson(path: string, what: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
      throw new UserError(`${what} is missing: ${path} does not exist.`, 'Check the path, or fetch the folder again.');
    }
    throw error;
  }
  try {
    return parseJson(text);
  } catch {
    throw new UserError(`${what} is damaged: ${path} is not valid JSON.`, 'Fetch or write the file again.');
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether something has this name, be it a link that leads nowhere: what is written there would take its place. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
