import { join } from 'node:path';
import { program } from '../../base/package-folder';
import type { Executor } from '../../engine/executors/executor';
import { LocalExecutor } from '../../engine/executors/local';
import type { OpenedModel } from './base-model';
import type { Job } from '../../engine/job';
import { TaskFolder } from '../../engine/tasks/task-folder';

type TasksJob = Pick<Job, 'project' | 'device' | 'products' | 'workers' | 'spent' | 'worker'>;

/**
 * The executor of a run's tasks: a child process on this machine, with artifacts and results in the project, which starts with a task;
 * or the workers of a queue, with theirs.
 */
export async function openExecutor(
  { project, device, products, workers: address, spent, worker }: TasksJob,
  { model, sha256 }: OpenedModel,
): Promise<Executor> {
  const common = { models: new Map([[sha256, model.folder]]), device, products, onSpent: spent };
  if (address !== undefined) {
    // Loaded only now: who computes on this machine needs no queue.
    const { QueuedExecutor } = await import('../../engine/workers/executor');
    return QueuedExecutor.open({ ...common, address });
  }
  return new LocalExecutor({
    ...common,
    program: await program(worker),
    folder: new TaskFolder(join(project, 'tasks')),
    workers: 1,
  });
}

/** Work with an executor of tasks, which is closed in the end. */
export async function withExecutor<T>(
  job: TasksJob,
  base: OpenedModel,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await openExecutor(job, base);
  try {
    return await work(executor);
  } finally {
    await executor.close();
  }
}
