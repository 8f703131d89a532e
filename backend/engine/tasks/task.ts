/**
 * Work that can be done anywhere: pure functions of content-hashed inputs, safe to run twice. A task is a small message; what
 * it reads and gives are blobs, bundles named by the SHA-256 of their bytes. An executor in this house starts child processes;
 * one on other machines sends the same messages and the blobs that the other side lacks.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { failureReasons } from '../../protocol/run';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const positive = z.int().positive();

const lora = z.strictObject({
  rank: positive,
  alpha: z.number().positive(),
  targets: z.union([z.literal('all-linear'), z.array(z.string())]),
  layers: positive.optional(),
});

/** Scores a shard of documents under the base model or a stack of adapters, with the probes' opinions where there are any. */
export const scoreTask = z.strictObject({
  kind: z.literal('score'),
  model: sha256,
  /** Blob of a stack of adapters; the base model alone where there is none. */
  adapters: sha256.optional(),
  /** Blob of a mixer's probes. */
  probes: sha256.optional(),
  /** Blob of token sequences. */
  texts: sha256,
});
export type ScoreTask = z.infer<typeof scoreTask>;

/** Trains one expert per pile of the blob, side by side, each on `tokens` of its pile. */
export const trainTask = z.strictObject({
  kind: z.literal('train'),
  model: sha256,
  /** Blob of one list of token sequences per pile. */
  piles: sha256,
  /** Training tokens of all experts together. */
  tokens: z.number().positive(),
  settings: z.strictObject({
    lora,
    optimizer: z.record(z.string(), z.number()),
    learningRate: z.number().positive(),
    seedShare: z.number().min(0).max(1),
    rows: positive,
    context: positive,
    seed: z.int(),
  }),
});
export type TrainTask = z.infer<typeof trainTask>;

export const task = z.discriminatedUnion('kind', [scoreTask, trainTask]);
export type Task = z.infer<typeof task>;

/** The name of a task's result: the same task has the same key on every machine. */
export function taskKey(given: Task): string {
  return createHash('sha256')
    .update(canonicalJson(task.parse(given)))
    .digest('hex');
}

/** JSON with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}

/** Messages between the local executor and its worker processes. */
export const toWorker = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('task'), task }),
  z.strictObject({ type: z.literal('stop') }),
]);
export const fromWorker = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('progress'),
    progress: z.looseObject({ stage: z.string(), done: z.number(), total: z.number(), unit: z.string() }),
  }),
  /** The result lies among the results, whole. Tokens that it worked on; the worker's peak memory, MiB. */
  z.strictObject({ type: z.literal('done'), tokens: z.number(), memory: z.number() }),
  z.strictObject({ type: z.literal('stopped') }),
  z.strictObject({ type: z.literal('failed'), reason: z.enum(failureReasons), message: z.string(), next: z.string() }),
]);
export type FromWorker = z.infer<typeof fromWorker>;
