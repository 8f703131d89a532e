/** What coordinators and workers know of each other: the names of queues and keys, and what jobs hold. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json';
import { products } from '../../base/precision';
import { tableOf } from '../../base/table';
import { failure } from '../../protocol/run';
import { artifactName } from '../artifacts/store';
import type { TaskPlace } from '../tasks/place';

/** All keys begin with it. */
export const prefix = 'polymath';

/** A place as a worker is one: how frozen weights multiply is part of a task. */
export type WorkerPlace = Omit<TaskPlace, 'products'>;

/**
 * The queue of all tasks of a place. A task waits where the workers are that would make the same bits of it, so its key and with it the
 * number of its job is known before anybody takes it.
 */
export function queueOf(place: WorkerPlace): string {
  return `tasks-${createHash('sha256').update(canonicalJson(place)).digest('hex').slice(0, 16)}`;
}

/** A task in the queue; its job is numbered by the task's key. */
export const taskJob = z.strictObject({
  input: z.unknown(),
  products: z.enum(products),
  /** Artifacts of base models (`putFolder`) by the hash of their files. */
  models: tableOf(artifactName),
});
export type TaskJob = z.infer<typeof taskJob>;

/** What a job returns. The name of the result goes the way of the lock, so nobody can publish who has lost it. */
export const taskDone = z.strictObject({ result: artifactName, tokens: z.number(), memory: z.number() });

/** Why a job failed, as JSON: what became of the task, or that nobody wants it any more. */
export const jobFailure = z.union([failure, z.literal('cancelled')]);
export type JobFailure = z.infer<typeof jobFailure>;

/** Is there while nobody wants the task with that key. */
export const cancelKey = (key: string): string => `${prefix}:cancel:${key}`;
/** What a worker says of itself; it is gone some seconds after the worker. */
export const newsKey = (worker: string): string => `${prefix}:worker:${worker}`;
