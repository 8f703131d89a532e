import type { Watch } from '../../base/progress';
import type { ArtifactStore } from '../artifacts/store';
import type { Task } from '../tasks/task';

/**
 * Where tasks are done. A task that was done before at the same place costs nothing: its result is found by its key. An executor on
 * other machines ships the artifacts that a task names and brings the result back; nothing else passes between it and its caller.
 */
export interface Executor {
  /** Where the caller puts what its tasks read. */
  readonly artifacts: ArtifactStore;
  /** How many tasks are worth giving at once, as things are now. */
  readonly width: number;
  /** Whether other machines may take part: work is then given in more and smaller tasks, of which each has the same bits. */
  readonly spreads: boolean;
  /** The result of a task. Throws the signal's reason when it is aborted, ToldFailure where the task failed. */
  execute<Input, Output>(task: Task<Input, Output>, input: Input, watch: Watch): Promise<Output>;
  close(): Promise<void>;
}

/**
 * Does work for each item, as many side by side as the executor does tasks; results in the order of the items. After the first that
 * fails none is begun, and its error is thrown when the others have ended.
 */
export async function eachByTasks<T, R>(
  executor: Pick<Executor, 'width'>,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const failed: unknown[] = [];
  const active = new Set<Promise<void>>();
  for (const [index, item] of items.entries()) {
    while (active.size >= Math.max(1, executor.width)) await Promise.race(active);
    if (failed.length > 0) break;
    const done: Promise<void> = work(item, index)
      .then((result) => void (results[index] = result))
      .catch((error: unknown) => void failed.push(error))
      .finally(() => active.delete(done));
    active.add(done);
  }
  await Promise.all(active);
  if (failed.length > 0) throw failed[0];
  return results;
}
