import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBundle, encodeBundle, pack, unpack } from '../../base/bundle';
import { exists, writeWhole } from '../../base/files';

/**
 * Content-addressed files of tasks: `blobs/<sha256>` for inputs, `results/<key>` for results, `work/<key>` for checkpoints of
 * tasks in progress. All are written whole and never change, so whoever finds one may use it.
 */
export class Blobs {
  constructor(readonly folder: string) {}

  /** Keeps plain values and typed arrays; returns their name. */
  async put(value: unknown): Promise<string> {
    const { json, arrays } = pack(value);
    const bytes = encodeBundle(json, arrays);
    const name = createHash('sha256').update(bytes).digest('hex');
    await this.write('blobs', name, bytes);
    return name;
  }

  /** Throws DamagedBundleError where the blob is not what its name says, the file system's error where it is missing. */
  async get(name: string): Promise<unknown> {
    return unpack(decodeBundle(await readFile(join(this.folder, 'blobs', name))));
  }

  async putResult(key: string, value: unknown): Promise<void> {
    const { json, arrays } = pack(value);
    await this.write('results', key, encodeBundle(json, arrays));
  }

  /** The result of a task that was done before; undefined where it was not, or its file is damaged: then it is done again. */
  async result(key: string): Promise<unknown> {
    const path = join(this.folder, 'results', key);
    if (!(await exists(path))) return undefined;
    try {
      return unpack(decodeBundle(await readFile(path)));
    } catch {
      return undefined;
    }
  }

  /** The folder of checkpoints of a task in progress. */
  work(key: string): string {
    return join(this.folder, 'work', key);
  }

  /** Removes what nobody has written for so many days: all of it can be computed again. */
  async prune(days: number): Promise<void> {
    const oldest = Date.now() - days * 86_400_000;
    for (const kind of ['blobs', 'results', 'work']) {
      for (const name of await readdir(join(this.folder, kind)).catch(() => [])) {
        const path = join(this.folder, kind, name);
        if ((await stat(path)).mtimeMs < oldest) await rm(path, { recursive: true, force: true });
      }
    }
  }

  private async write(kind: string, name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(join(this.folder, kind), { recursive: true });
    await writeWhole(join(this.folder, kind, name), bytes);
  }
}
