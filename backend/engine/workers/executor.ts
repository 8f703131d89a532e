import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Device } from '../../base/device';
import { formatNumber } from '../../base/format';
import type { Products } from '../../base/precision';
import type { Watch } from '../../base/progress';
import type { Failure } from '../../protocol/run';
import type { WorkerNews, WorkersAddress } from '../../protocol/workers';
import type { ArtifactStore } from '../artifacts/store';
import { getValue } from '../artifacts/values';
import type { Executor } from '../executors/executor';
import type { TaskDone } from '../executors/task-process';
import { ToldFailure } from '../failure';
import { openTaskStore } from '../tasks/open-store';
import { placeHere } from '../tasks/place';
import { type Task, taskKey, taskProgress } from '../tasks/task';
import type { TaskStore } from '../tasks/task-store';
import { putModel } from './models';
import { readNews } from './presence';
import { connectRedis, tellOutages } from './redis';
import {
  cancelKey,
  type JobFailure,
  jobFailure,
  prefix,
  queueOf,
  taskDone,
  type TaskJob,
  type WorkerPlace,
} from './wire';

export interface QueuedExecutorOptions {
  readonly address: WorkersAddress;
  /** Where tasks are computed if some worker has that. */
  readonly device: Device;
  readonly products: Products;
  /** Folders of base models by the hash of their files. */
  readonly models: ReadonlyMap<string, string>;
  /** Told after each task: peak memory of its worker in MiB, tokens that it worked on. */
  readonly onSpent?: (tokens: number, memory: number) => void;
  /** Hears what workers and the queue have to say. */
  readonly tell?: (line: string) => void;
}

/** Milliseconds between two looks at a job of which nothing was heard, and at who is there. */
const lookEvery = 3000;
/** Tasks in the queue for each worker: the next one is there when one is done. */
const tasksPerWorker = 2;
/** Starts of a task whose process dies, before it is set aside. */
const attempts = 5;
const daysOf = (days: number): number => days * 86_400;

/** Gives tasks to workers on other machines through BullMQ. Any number of runs and projects may share a queue and its artifacts. */
export class QueuedExecutor implements Executor {
  readonly artifacts: ArtifactStore;
  readonly spreads = true;
  width = 1;
  private place: Promise<Counter> | undefined;
  private readonly looking: NodeJS.Timeout;

  private constructor(
    private readonly options: QueuedExecutorOptions,
    private readonly store: TaskStore,
    private readonly redis: Redis,
    private readonly models: TaskJob['models'],
  ) {
    this.artifacts = store.artifacts;
    this.looking = setInterval(() => void this.countWorkers().catch(() => undefined), lookEvery);
  }

  /** Throws UserError where the queue cannot be reached. */
  static async open(options: QueuedExecutorOptions): Promise<QueuedExecutor> {
    const { address, models, tell = (line) => console.log(line) } = options;
    const redis = await connectRedis(address.queue);
    tellOutages(redis, tell);
    try {
      const store = openTaskStore(address.artifacts);
      const kept: TaskJob['models'] = {};
      for (const [sha256, folder] of models) kept[sha256] = await putModel(store, sha256, folder);
      return new QueuedExecutor({ tell, ...options }, store, redis, kept);
    } catch (error) {
      redis.disconnect();
      throw error;
    }
  }

  async execute<Input, Output>(task: Task<Input, Output>, input: Input, watch: Watch): Promise<Output> {
    const { products, onSpent } = this.options;
    const { place, jobs } = await this.counter(watch);
    const key = taskKey(task, input, { ...place, ...(products !== 'full' && { products }) });
    const known = await this.store.result(key);
    if (known !== undefined) {
      // One that was removed or is damaged is made again.
      const value = await getValue(this.artifacts, known, task.output).catch(() => undefined);
      if (value !== undefined) return value;
    }
    const job: TaskJob = { input, products, models: this.models };
    const done = await jobs.perform(task, key, job, watch);
    onSpent?.(done.tokens, done.memory);
    const value = await getValue(this.artifacts, done.result, task.output);
    await this.store.keepResult(key, done.result);
    return value;
  }

  async close(): Promise<void> {
    clearInterval(this.looking);
    await (await this.place?.catch(() => undefined))?.jobs.close();
    this.redis.disconnect();
  }

  /** Where tasks go, chosen once: a run whose parts were computed at two places would have the bits of neither. */
  private counter(watch: Watch): Promise<Counter> {
    return (this.place ??= this.choosePlace(watch));
  }

  private async choosePlace({ signal, report }: Watch): Promise<Counter> {
    const { device, tell, address } = this.options;
    let waiting = false;
    for (;;) {
      const found = preferredPlace(await readNews(this.redis), device);
      if (found !== undefined) {
        const { place, workers } = found;
        tell?.(`Tasks go to ${formatNumber(workers, 'worker')} at ${address.queue}: ${describePlace(place)}.`);
        this.width = tasksPerWorker * workers;
        return { place, jobs: new Jobs(queueOf(place), this.redis) };
      }
      if (!waiting) {
        waiting = true;
        report({ stage: 'Waiting for a worker', done: 0, total: 1, unit: 'workers' });
        tell?.(`No worker is at ${address.queue}. Start one with: polymath worker --queue … --artifacts …`);
      }
      await sleep(lookEvery / 3, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  private async countWorkers(): Promise<void> {
    if (this.place === undefined) return;
    const { place } = await this.place;
    const there = (await readNews(this.redis)).filter((news) => queueOf(placeOf(news)) === queueOf(place));
    this.width = tasksPerWorker * Math.max(1, there.length);
  }
}

interface Counter {
  readonly place: WorkerPlace;
  readonly jobs: Jobs;
}

const placeOf = ({ device, processor, threads, engine, runtime }: WorkerNews): WorkerPlace => ({
  ...{ device, processor, threads, engine, runtime },
});

/** A place like this machine, where its workers are; otherwise the one with most workers on the device, or on any. */
export function preferredPlace(
  news: readonly WorkerNews[],
  device: Device,
): { readonly place: WorkerPlace; readonly workers: number } | undefined {
  const { engine, ...here } = placeHere(device, availableParallelism());
  const counts = new Map<string, { place: WorkerPlace; workers: number }>();
  // Another version would compute something else.
  for (const place of news.map(placeOf).filter((one) => one.engine === engine)) {
    const counted = counts.get(queueOf(place)) ?? { place, workers: 0 };
    counted.workers++;
    counts.set(queueOf(place), counted);
  }
  const rank = ({ place }: { place: WorkerPlace }): number =>
    queueOf(place) === queueOf({ ...here, engine }) ? 2 : place.device === device ? 1 : 0;
  return [...counts.values()].sort((a, b) => rank(b) - rank(a) || b.workers - a.workers).at(0);
}

function describePlace({ device, processor, threads }: WorkerPlace): string {
  return `${device}, ${processor}, ${formatNumber(threads, 'thread')}`;
}

/** The jobs of one queue. */
class Jobs {
  private readonly queue: Queue<TaskJob>;
  private readonly events: QueueEvents;
  private readonly heard = new Map<string, Set<() => void>>();
  private readonly progress = new Map<string, Set<Watch['report']>>();

  constructor(
    name: string,
    private readonly redis: Redis,
  ) {
    this.queue = new Queue(name, { connection: redis, prefix });
    this.events = new QueueEvents(name, { connection: redis, prefix });
    // Outages are told of by the connection beside these.
    this.queue.on('error', () => undefined);
    this.events.on('error', () => undefined);
    const hear = ({ jobId }: { readonly jobId: string }): void => this.heard.get(jobId)?.forEach((wake) => wake());
    this.events.on('completed', hear).on('failed', hear);
    this.events.on('progress', ({ jobId, data }) => {
      const told = taskProgress.safeParse(data);
      if (told.success) this.progress.get(jobId)?.forEach((report) => report(told.data));
    });
  }

  /** Has a task done, and waits for that: events are hints, the state of the job is what counts. */
  async perform(
    { name, checkpoints }: Pick<Task<unknown, unknown>, 'name' | 'checkpoints'>,
    key: string,
    job: TaskJob,
    watch: Watch,
  ): Promise<TaskDone> {
    const { signal, report } = watch;
    const forget = remember(this.progress, key, report);
    let added = false;
    try {
      await this.redis.del(cancelKey(key));
      for (;;) {
        signal.throwIfAborted();
        const found = await this.queue.getJob(key);
        const state = await found?.getState();
        if (state === 'completed') {
          await this.tellLog(key);
          const done = taskDone.parse(found?.returnvalue);
          // What it names may be gone meanwhile: the next one who asks has it made again.
          await found?.remove().catch(() => undefined);
          return done;
        }
        if (state === 'failed') {
          const failed = readFailure(found?.failedReason);
          // One that failed before anybody here wanted it gets another chance.
          if (added && failed !== 'cancelled') {
            await this.tellLog(key);
            throw new ToldFailure(failed);
          }
          await found?.remove().catch(() => undefined);
        }
        if (state === undefined || state === 'unknown' || state === 'failed') {
          // Whoever waits for a moment goes before who computes for long.
          await this.queue.add(name, job, { ...jobOptions, jobId: key, priority: checkpoints ? 2 : 1 });
        }
        added = true;
        await this.news(key, signal);
      }
    } catch (error) {
      if (signal.aborted) await Promise.race([this.cancel(key), sleep(2000)]);
      throw error;
    } finally {
      forget();
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.queue.close(), this.events.close()]);
  }

  /** Until something is heard of the job, or it is time to look. */
  private async news(key: string, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const forget = remember(this.heard, key, () => timer.abort());
    await sleep(lookEvery, undefined, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => undefined);
    forget();
  }

  /** Nobody here wants it: one that waits is taken back, one that is being done stops with a checkpoint. */
  private async cancel(key: string): Promise<void> {
    await this.redis.set(cancelKey(key), '', 'EX', 3600);
    await (await this.queue.getJob(key))?.remove().catch(() => undefined);
  }

  private async tellLog(key: string): Promise<void> {
    const { logs } = await this.queue.getJobLogs(key);
    for (const line of logs) process.stderr.write(line);
  }
}

const jobOptions = {
  attempts,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: { age: daysOf(1) },
  removeOnFail: { age: daysOf(7) },
  keepLogs: 200,
} as const;

function remember<T>(table: Map<string, Set<T>>, key: string, entry: T): () => void {
  const entries = table.get(key) ?? new Set();
  table.set(key, entries.add(entry));
  return () => {
    entries.delete(entry);
    if (entries.size === 0) table.delete(key);
  };
}

function readFailure(reason = ''): JobFailure {
  try {
    return jobFailure.parse(JSON.parse(reason));
  } catch {
    return lost(reason);
  }
}

/** BullMQ's own words: workers that took the task were gone time and again. */
const lost = (reason: string): Failure => ({
  reason: 'crashed',
  message: `A task was set aside after its workers were lost time and again: ${reason}.`,
  next: 'See what the workers wrote before they ended; then resume the run.',
});
