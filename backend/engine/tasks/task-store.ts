import type { ArtifactStore } from '../artifacts/store';

/** What tasks leave, wherever that is. A cache: all of it can be computed again. */
export interface TaskStore {
  readonly artifacts: ArtifactStore;
  /** The artifact that is the result of a task; undefined where it was not done before. */
  result(key: string): Promise<string | undefined>;
  keepResult(key: string, artifact: string): Promise<void>;
  /** The folder of checkpoints of a task in progress, on this machine. */
  work(key: string): string;
}
