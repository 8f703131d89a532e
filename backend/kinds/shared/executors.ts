import { join } from 'node:path';
import { program } from '../../base/package-folder';
import { type Executor, LocalExecutor } from '../../engine/executors/local';
import type { Job } from '../../engine/job';
import { TaskFolder } from '../../engine/tasks/task-folder';

/** The executor of a run's tasks: child processes on this machine, with artifacts and results in the project. */
export async function openExecutor(
  { project, device, spent }: Pick<Job, 'project' | 'device' | 'spent'>,
  models: ReadonlyMap<string, string>,
): Promise<Executor> {
  return new LocalExecutor({
    program: await program('backend/programs/worker'),
    folder: new TaskFolder(join(project, 'tasks')),
    models,
    device,
    workers: 1,
    onSpent: spent,
  });
}
