/** Workers on other machines: where they are found, and what each says of itself. */
import { z } from 'zod';
import { devices } from '../base/device';

/** Where the tasks of a run go: the queue that workers take them from, and what they read and write. It holds no password. */
export const workersAddress = z.strictObject({ queue: z.string().max(500), artifacts: z.string().max(4000) });
export type WorkersAddress = z.infer<typeof workersAddress>;
/** The same as somebody named it: what is left out is looked for elsewhere. */
export const namedWorkers = workersAddress.partial();
export type NamedWorkers = Readonly<z.infer<typeof namedWorkers>>;

/** A worker as it is known to those who use its queue. */
export const workerNews = z.strictObject({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  device: z.enum(devices),
  processor: z.string(),
  threads: z.int().positive(),
  engine: z.string(),
  runtime: z.string(),
  /** Milliseconds since 1970. */
  since: z.number(),
  /** Tasks that it has done, and those of the last minute. */
  tasks: z.int().nonnegative(),
  lately: z.int().nonnegative(),
  /** What it is at. */
  task: z.strictObject({ name: z.string(), since: z.number() }).optional(),
});
export type WorkerNews = z.infer<typeof workerNews>;
