import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, writeWhole } from '../../base/files';
import { LocalStore } from '../artifacts/local-store';
import { artifactName } from '../artifacts/store';
import type { TaskStore } from './task-store';

/**
 * What tasks leave on this machine, `tasks/` of a project: `blobs/` are artifacts, `results/<key>` names the artifact that is the
 * result of a task, `work/<key>` has the checkpoints of a task in progress. A cache: all of it can be computed again.
 */
export class TaskFolder implements TaskStore {
  readonly artifacts: LocalStore;

  constructor(readonly folder: string) {
    this.artifacts = new LocalStore(join(folder, 'blobs'));
  }

  async result(key: string): Promise<string | undefined> {
    const path = this.resultPath(key);
    if (!(await exists(path))) return undefined;
    return artifactName.safeParse(await readFile(path, 'utf8')).data;
  }

  async keepResult(key: string, artifact: string): Promise<void> {
    await mkdir(join(this.folder, 'results'), { recursive: true });
    await writeWhole(this.resultPath(key), artifact);
  }

  work(key: string): string {
    return join(this.folder, 'work', key);
  }

  /** Removes what nobody has written for so many days. */
  async prune(days: number): Promise<void> {
    const oldest = Date.now() - days * 86_400_000;
    for (const kind of ['blobs', 'results', 'work']) {
      for (const name of await readdir(join(this.folder, kind)).catch(() => [])) {
        const path = join(this.folder, kind, name);
        if ((await stat(path)).mtimeMs < oldest) await rm(path, { recursive: true, force: true });
      }
    }
  }

  private resultPath(key: string): string {
    return join(this.folder, 'results', key);
  }
}
