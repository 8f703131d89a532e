import { join } from 'node:path';
import { program } from '../../base/package-folder';
import { type Executor, LocalExecutor } from '../../engine/executors/local';
import type { OpenedModel } from './base-model';
import type { Job } from '../../engine/job';
import { TaskFolder } from '../../engine/tasks/task-folder';

type TasksJob = Pick<Job, 'project' | 'device' | 'products' | 'spent' | 'worker'>;

/** The executor of a run's tasks: a child process on this machine, with artifacts and results in the project. It starts with a task. */
export async function openExecutor(
  { project, device, products, spent, worker }: TasksJob,
  { model, sha256 }: OpenedModel,
): Promise<Executor> {
  return new LocalExecutor({
    program: await program(worker),
    folder: new TaskFolder(join(project, 'tasks')),
    models: new Map([[sha256, model.folder]]),
    device,
    products,
    workers: 1,
    onSpent: spent,
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
