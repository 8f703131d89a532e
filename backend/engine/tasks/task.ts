/**
 * Work that can be done anywhere: pure functions of content-hashed inputs, safe to run twice. A task is a small message; what
 * it reads and gives are artifacts. One executor starts child processes, another sends the same messages through a queue to other
 * machines.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json';
import { devices } from '../../base/device';
import { products } from '../../base/precision';
import { failureReasons } from '../../protocol/run';
import { artifactName } from '../artifacts/store';
import type { TaskPlace } from './place';
import { tableOf } from '../../base/table';

/** A kind of task: what goes in, as a message, and what comes out, as a value. */
export interface Task<Input, Output> {
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** Whether checkpoints are kept while one is done: worth it where that takes more than a few seconds. */
  readonly checkpoints: boolean;
}

export type InputOf<T extends { readonly input: z.ZodType }> = z.infer<T['input']>;
export type OutputOf<T extends { readonly output: z.ZodType }> = z.infer<T['output']>;

/**
 * The name of a task's result. Bits differ from device to device, between numbers of threads, and from one version of the engine to
 * the next: a result answers only for the place at which it was made.
 */
export function taskKey<Input>(
  task: Pick<Task<Input, unknown>, 'name' | 'input'>,
  input: Input,
  place: TaskPlace,
): string {
  const named = { task: task.name, input: task.input.parse(input), place };
  return createHash('sha256').update(canonicalJson(named)).digest('hex');
}

export const taskProgress = z.strictObject({
  stage: z.string(),
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  note: z.string().exactOptional(),
  values: tableOf(z.number()).exactOptional(),
});

/** What a worker process is told when it is started. */
export const workerSetup = z.strictObject({
  /** Where artifacts and checkpoints are, see `openTaskStore`. */
  store: z.string(),
  device: z.enum(devices),
  products: z.enum(products),
  threads: z.int().positive(),
});
export type WorkerSetup = z.infer<typeof workerSetup>;

/** A folder of this machine, or an artifact that was made of one (`putFolder`). */
const modelPlace = z.union([z.strictObject({ folder: z.string() }), z.strictObject({ artifact: artifactName })]);
export type ModelPlace = z.infer<typeof modelPlace>;

/** Executor to worker process. */
export const toWorker = z.discriminatedUnion('type', [
  /** The task of that name; its checkpoints go under its key. `models`: where base models are by the hash of their files. */
  z.strictObject({
    type: z.literal('task'),
    task: z.string(),
    key: artifactName,
    input: z.unknown(),
    models: tableOf(modelPlace),
  }),
  z.strictObject({ type: z.literal('stop') }),
]);
export type ToWorker = z.infer<typeof toWorker>;

/** Worker process to executor. */
export const fromWorker = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('progress'), progress: taskProgress }),
  /** The artifact that is the result, tokens that were worked on, and the worker's peak memory, MiB. */
  z.strictObject({ type: z.literal('done'), result: artifactName, tokens: z.number(), memory: z.number() }),
  z.strictObject({ type: z.literal('stopped') }),
  z.strictObject({ type: z.literal('failed'), reason: z.enum(failureReasons), message: z.string(), next: z.string() }),
]);
export type FromWorker = z.infer<typeof fromWorker>;
