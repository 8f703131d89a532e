/**
 * A model's place in the hub's cache, which Hugging Face's own tools share:
 *
 *     models--org--name/blobs/<hash>              content, named by its SHA-256 or Git hash
 *     models--org--name/snapshots/<commit>/…      the files of a commit: relative symbolic links to blobs
 *     models--org--name/refs/<revision>           the commit of a branch or tag
 *
 * Blobs may themselves be links to a store that all repositories share, and where links are not allowed files are copies.
 */
import { copyFile, link, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { exists, isSystemError, writeWhole } from '../../base/files';

const commitPattern = /^[0-9a-f]{40}$/;
const hashPattern = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/;

export class RepositoryCache {
  readonly folder: string;

  constructor(
    cache: string,
    readonly id: string,
  ) {
    this.folder = join(cache, `models--${id.replaceAll('/', '--')}`);
  }

  blob(hash: string): string {
    return join(this.folder, 'blobs', hash);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** The commit that a revision stood for when it was last pulled. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (commitPattern.test(revision)) return (await exists(this.snapshot(revision))) ? revision : undefined;
    const text = await readFile(this.refPath(revision), 'utf8').catch(() => '');
    return commitPattern.test(text.trim()) ? text.trim() : undefined;
  }

  async setRef(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = this.refPath(revision);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, commit);
  }

  /** Commits with a snapshot, and the revisions that stand for them. */
  async snapshots(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const commit of await list(join(this.folder, 'snapshots')))
      if (commitPattern.test(commit)) found.set(commit, []);
    for (const path of await listFiles(join(this.folder, 'refs'))) {
      const revision = path.split(sep).join('/');
      const commit = await this.commitOf(revision);
      if (commit !== undefined) found.get(commit)?.push(revision);
    }
    return found;
  }

  /** Files of a snapshot by their path in the repository; broken links are left out. */
  async files(commit: string): Promise<{ path: string; size: number }[]> {
    const folder = this.snapshot(commit);
    const files: { path: string; size: number }[] = [];
    for (const path of await listFiles(folder)) {
      const info = await stat(join(folder, path)).catch(() => undefined);
      if (info?.isFile()) files.push({ path: path.split(sep).join('/'), size: info.size });
    }
    return files;
  }

  /** Puts a blob into a snapshot under its path: a relative link, or where that is not allowed the file itself once more. */
  async place(commit: string, path: string, hash: string): Promise<void> {
    const target = join(this.snapshot(commit), path);
    const blob = this.blob(hash);
    if (await sameFile(target, blob)) return;
    await mkdir(dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}.part`;
    await rm(temporary, { force: true });
    try {
      await symlink(relative(dirname(target), blob), temporary, 'file');
    } catch (error) {
      if (!isSystemError(error, 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'UNKNOWN')) throw error;
      await link(blob, temporary).catch(() => copyFile(blob, temporary));
    }
    await rename(temporary, target);
  }

  /** The hash by which a file of a snapshot is named; undefined where it is a copy of its own. */
  async hashOf(commit: string, path: string): Promise<string | undefined> {
    const file = join(this.snapshot(commit), path);
    const target = await readlink(file).catch(() => undefined);
    const named = target === undefined ? await this.linkedBlob(file) : basename(target);
    return named !== undefined && hashPattern.test(named) ? named : undefined;
  }

  /** The blob that is the same file under another name. */
  private async linkedBlob(file: string): Promise<string | undefined> {
    for (const name of await list(join(this.folder, 'blobs'))) if (await sameFile(file, this.blob(name))) return name;
    return undefined;
  }

  /**
   * What is to be removed with a snapshot, or with those files of it: they, the blobs that nothing else needs, and what would be
   * left empty. The whole repository where nothing else is in it.
   */
  async pathsToRemove(commit: string, own: (path: string) => boolean = () => true): Promise<string[]> {
    const snapshots = await this.snapshots();
    const removed: string[] = [];
    const [dropped, needed] = [new Set<string>(), new Set<string>()];
    let kept = 0;
    for (const other of snapshots.keys()) {
      for (const { path } of await this.files(other)) {
        const goes = other === commit && own(path);
        (goes ? dropped : needed).add((await this.hashOf(other, path)) ?? '');
        if (goes) removed.push(join(this.snapshot(commit), path));
        else if (other === commit) kept++;
      }
    }
    if (kept === 0 && snapshots.size <= 1) return [this.folder];
    const blobs = [...dropped].filter((hash) => hash !== '' && !needed.has(hash)).map((hash) => this.blob(hash));
    if (kept > 0) return [...removed, ...blobs];
    const refs = (snapshots.get(commit) ?? []).map((revision) => this.refPath(revision));
    return [this.snapshot(commit), ...refs, ...blobs];
  }

  private refPath(revision: string): string {
    return join(this.folder, 'refs', ...revision.split('/'));
  }
}

/** The ids of all models in a cache. */
export async function cachedModels(cache: string): Promise<string[]> {
  const names = await list(cache);
  return names.filter((name) => /^models--.+--./.test(name)).map((name) => name.slice(8).replace('--', '/'));
}

/** Bytes that files below a folder take, links not followed and files with several names counted once. */
export async function bytesBelow(folder: string): Promise<number> {
  const seen = new Set<string>();
  let total = 0;
  for (const path of await listFiles(folder)) {
    const info = await lstat(join(folder, path)).catch(() => undefined);
    if (info === undefined || info.isSymbolicLink() || seen.has(`${info.dev} ${info.ino}`)) continue;
    seen.add(`${info.dev} ${info.ino}`);
    total += info.size;
  }
  return total;
}

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Everything below a folder that is no folder, by its path in it. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}

async function sameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}
