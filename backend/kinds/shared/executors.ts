import { join } from 'node:path';
import { program } from '../../base/package-folder';
import { Blobs } from '../../engine/artifacts/blobs';
import { type Executor, LocalExecutor } from '../../engine/executors/local';
import type { Job } from '../../engine/job';

/** The executor of a run's tasks: child processes on this machine, with blobs and results in the project. */
export async function openExecutor(
  { project, device, spent }: Pick<Job, 'project' | 'device' | 'spent'>,
  models: ReadonlyMap<string, string>,
): Promise<Executor> {
  const blobs = new Blobs(join(project, 'tasks'));
  return new LocalExecutor({
    program: await program('backend/programs/worker'),
    blobs,
    models,
    device,
    workers: 1,
    onSpent: spent,
  });
}
