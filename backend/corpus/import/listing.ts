import { readdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { RejectionRecord } from '../../protocol/records';

/** A file of the source as it was found; what it held then is checked again when it has been read. */
export interface SourceFile {
  readonly path: string;
  /** The path within the source, with slashes on every system. */
  readonly name: string;
  readonly bytes: number;
  readonly modified: number;
  readonly inode: number;
}

export interface SourceListing {
  /** By name, in the order of UTF-16 units: the same on every machine. */
  readonly files: readonly SourceFile[];
  /** Files that were wanted but are none that can be read. */
  readonly refused: readonly RejectionRecord[];
  /** Files that were not wanted, and folders that were not entered. */
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
}

/** Folders that hold programs' files and no texts of people. */
const isSkipped = (folder: string): boolean => folder.startsWith('.') || folder === 'node_modules';

/**
 * The regular files under a folder whose names are wanted. Links are followed, but no folder is entered twice, so loops of links
 * end; pipes, devices and sockets are never opened.
 */
export async function listFiles(
  root: string,
  isWanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<SourceListing> {
  const files: SourceFile[] = [];
  const refused: RejectionRecord[] = [];
  const passed: string[] = [];
  const skipped: string[] = [];
  const entered = new Set<string>();
  const refuse = (file: string, reason: string): void => void refused.push({ file, line: 1, reason });

  const enter = async (folder: string): Promise<void> => {
    const { dev, ino } = await stat(join(root, folder), { bigint: true });
    if (entered.has(`${dev}:${ino}`)) return;
    entered.add(`${dev}:${ino}`);
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => compare(a.name, b.name))) {
      signal.throwIfAborted();
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const isLink = entry.isSymbolicLink();
      if (entry.isFile() && !isWanted(name)) {
        passed.push(name);
        continue;
      }
      const found = isLink || entry.isFile() ? await describe(root, name) : undefined;
      const isFolder = found === 'folder' || entry.isDirectory();
      if (isFolder && isSkipped(entry.name)) skipped.push(name);
      else if (isFolder) await enter(name).catch((error: unknown) => refuse(name, unreadable(error)));
      if (isFolder || !isWanted(name)) continue;
      if (found === undefined) refuse(name, 'not a regular file');
      else if (typeof found === 'string') refuse(name, found);
      else files.push(found);
    }
  };

  await enter('');
  return { files: files.sort((a, b) => compare(a.name, b.name)), refused, passed, skipped };
}

/** A regular file, or "folder", or why it is neither. */
export async function describe(root: string, name: string): Promise<SourceFile | string> {
  const path = join(root, name);
  try {
    const info = await stat(path);
    if (info.isDirectory()) return 'folder';
    if (!info.isFile()) return 'not a regular file';
    return { path, name, bytes: info.size, modified: info.mtimeMs, inode: info.ino };
  } catch (error) {
    return unreadable(error);
  }
}

export function unreadable(error: unknown): string {
  return `cannot be read: ${error instanceof Error ? error.message.split(',', 1)[0] : String(error)}`;
}

const MAGIC = /[*?[{]/;

export function isGlob(path: string): boolean {
  return MAGIC.test(path);
}

/** A glob as the folder to search and what the names in it must match: `*`, `?`, `**`, `[abc]` and `{a,b}`. */
export function parseGlob(path: string): { readonly root: string; readonly pattern: RegExp } {
  const parts = path.split(sep === '\\' ? /[\\/]/ : '/');
  const first = parts.findIndex((part) => MAGIC.test(part));
  const root = parts.slice(0, first).join('/');
  const source = parts
    .slice(first)
    .map((part, i, all) => (part === '**' ? '(?:[^/]+/)*' : toPattern(part) + (i < all.length - 1 ? '/' : '')))
    .join('');
  return { root: resolve(root === '' && path.startsWith('/') ? '/' : root), pattern: new RegExp(`^${source}$`, 'u') };
}

function toPattern(part: string): string {
  const tokens = part.match(/\*+|\?|\[[^\]]+\]|\{[^}]*\}|[^]/gu) ?? [];
  return tokens.map(tokenPattern).join('');
}

function tokenPattern(token: string): string {
  if (token.startsWith('*')) return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('[')) {
    const inner = token.slice(1, -1);
    return /^[!^]/.test(inner) ? `[^/${quoteClass(inner.slice(1))}]` : `[${quoteClass(inner)}]`;
  }
  if (token.length > 1 && token.startsWith('{')) {
    return `(?:${token.slice(1, -1).split(',').map(toPattern).join('|')})`;
  }
  return token.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

function quoteClass(characters: string): string {
  return characters.replaceAll(/[\\\]^]/g, '\\$&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
