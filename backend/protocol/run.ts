/** What a run is told (`RunSpec`) and what is known of it (`RunRecord`): kept in `runs/<id>/run.json` and in the store. */
import { z } from 'zod';
import { devices } from '../base/device';
import { products } from '../base/precision';
import { id } from './records';
import { tableOf } from '../base/table';
import { workersAddress } from './workers';

const count = z.int().nonnegative();
const positive = z.int().positive();

/**
 * Its kind, and the values of that kind's settings by their keys. Which kinds there are and what they take, `kinds/specs.ts` says: a record
 * of a kind that is not known any more can be looked at all the same.
 */
export const runSpec = z.looseObject({ kind: z.string().min(1).max(100) });
export type RunSpec = z.infer<typeof runSpec>;

/** `interrupted`: the backend itself ended while it ran. Failed, interrupted, paused and cancelled runs can be resumed. */
export const runStates = ['queued', 'running', 'paused', 'interrupted', 'done', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

export const runProgress = z.strictObject({
  stage: z.string(),
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
  unit: z.string(),
  note: z.string().optional(),
  /** Units per second over the last seconds, and seconds left of this stage; absent while nobody can know. */
  rate: z.number().nonnegative().optional(),
  secondsLeft: z.number().nonnegative().optional(),
  /** Of the run with all its stages, by the clock and its estimate: the share that is done, and seconds left; absent without an estimate. */
  whole: z.strictObject({ share: z.number().min(0).max(1), secondsLeft: z.number().nonnegative() }).optional(),
});
export type RunProgress = z.infer<typeof runProgress>;

const cost = z.strictObject({
  tokens: count,
  seconds: z.number().nonnegative(),
  /** Peak resident memory, MiB: of the run's process and of a worker beside it. */
  memory: z.number().nonnegative(),
  /** Of an estimate: the run may end before all of this is done. */
  atMost: z.literal(true).optional(),
  /** Of an estimate: factors that are in it, from what so many runs of its kind took beside what the probe had said of them. */
  correction: z
    .strictObject({ runs: z.int().positive(), seconds: z.number().positive(), memory: z.number().positive() })
    .optional(),
});

/** What a run takes: estimated from a short probe before it starts, measured after it ended. */
export const runCost = cost.extend({
  /** Of a run that leads others: what each of them takes, in their order. */
  stages: z.array(cost.extend({ kind: z.string() })).optional(),
});
export type RunCost = z.infer<typeof runCost>;
export type StageCost = NonNullable<RunCost['stages']>[number];

/** What runs take one after the other: their times and tokens together, and the memory of the largest. */
export function costOfAll(costs: readonly RunCost[]): RunCost {
  const sum = (of: (cost: RunCost) => number): number => costs.reduce((all, cost) => all + of(cost), 0);
  return {
    tokens: sum(({ tokens }) => tokens),
    seconds: sum(({ seconds }) => seconds),
    memory: Math.max(0, ...costs.map(({ memory }) => memory)),
    ...(costs.some(({ atMost }) => atMost) && { atMost: true }),
  };
}

export const failureReasons = [
  'user-error',
  'crashed',
  'out-of-memory',
  'disk-full',
  'diverged',
  'no-checkpoint',
  'inputs-changed',
  'defect',
] as const;
/** Why work failed, in the user's words, with the next step. */
export const failure = z.strictObject({ reason: z.enum(failureReasons), message: z.string(), next: z.string() });
export type Failure = z.infer<typeof failure>;

/** Where a run computes, chosen when it was started and kept when it is resumed, and why there; and how, where not in full. */
export const runDevice = z.strictObject({
  name: z.enum(devices),
  reason: z.string(),
  products: z.enum(products).exactOptional(),
});
export type RunDevice = z.infer<typeof runDevice>;

export const runRecord = z.strictObject({
  id: id('run'),
  spec: runSpec,
  /** The run that this one is a stage of. */
  parent: id('run').optional(),
  device: runDevice.optional(),
  /** Whose tasks it gives away, chosen when it was started and kept when it is resumed; those of this machine where there is nothing. */
  workers: workersAddress.optional(),
  state: z.enum(runStates),
  created: z.iso.datetime({ offset: true }),
  started: z.iso.datetime({ offset: true }).optional(),
  ended: z.iso.datetime({ offset: true }).optional(),
  /** Counts the starts; a child of an earlier attempt is not believed. */
  attempt: count,
  /** Seconds that all attempts together took. */
  seconds: z.number().nonnegative(),
  progress: runProgress.optional(),
  failure: failure.optional(),
  /** Content hashes of what went in (dataset, model, assignments): checked again before a resume. */
  inputs: tableOf(z.string()),
  /** Id of what it made: a dataset, clustering, set of experts, mixer or evaluation; the folder of a model. */
  result: z.string().optional(),
  /** Processor and cores of the machine where it was started. */
  machine: z.string().optional(),
  estimate: runCost.optional(),
  actual: runCost.optional(),
  /** It goes on when the window that started the backend closes; otherwise it is interrupted then. */
  keep: z.boolean().optional(),
});
export type RunRecord = z.infer<typeof runRecord>;

/** What a person wrote of a run. */
export const runNote = z.strictObject({
  run: id('run'),
  note: z.string().max(10_000),
  tags: z.array(z.string().trim().min(1).max(100)).max(50),
});
export type RunNote = z.infer<typeof runNote>;

/** The figures by which runs of a kind are compared; of what a run made, as far as it has them. */
export const outcomeFigures = z.strictObject({
  nmi: z.number().optional(),
  purity: z.number().optional(),
  /** Nats per token: of experts the mean. */
  validationLoss: z.number().optional(),
  perplexity: z.number().optional(),
  accuracy: z.number().optional(),
  fitness: z.number().optional(),
});
export type OutcomeFigures = z.infer<typeof outcomeFigures>;

/** One point of a run's curves: a line of `metrics.jsonl`. */
export const metric = z.strictObject({
  /** Counts up from 1 without gaps, over all attempts. */
  sequence: positive,
  /** Seconds of work before it, over all attempts. */
  seconds: z.number().nonnegative(),
  stage: z.string(),
  step: count,
  values: tableOf(z.number()),
});
export type Metric = z.infer<typeof metric>;
