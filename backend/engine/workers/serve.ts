/** A worker on this machine: takes tasks from a queue and has a process of its own compute them. It supervises, and never computes. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { UserError } from '../../base/errors';
import { secondsIn } from '../../base/environment';
import type { Products } from '../../base/precision';
import type { Progress } from '../../base/progress';
import type { Device } from '../../base/device';
import type { WorkerNews, WorkersAddress } from '../../protocol/workers';
import { TaskProcess } from '../executors/task-process';
import type { TaskDone } from '../executors/task-process';
import { explainFailure } from '../failure';
import { openTaskStore } from '../tasks/open-store';
import { placeHere } from '../tasks/place';
import type { TaskStore } from '../tasks/task-store';
import { newsSeconds, tellNews } from './presence';
import { connectRedis, tellOutages } from './redis';
import { cancelKey, type JobFailure, newsKey, prefix, queueOf, taskJob, type TaskJob } from './wire';

export interface WorkerOptions {
  readonly address: WorkersAddress;
  readonly device: Device;
  readonly threads: number;
  /** The built program of its computing process. */
  readonly program: string;
  readonly tell: (line: string) => void;
  /** Aborted when it is to leave: what it is at goes back to the queue with its checkpoint. */
  readonly signal: AbortSignal;
}

type TaskOf = Job<TaskJob, TaskDone>;

/** Milliseconds between two looks whether the task is still wanted. */
const lookEvery = 1000;
/** Milliseconds that a process has to write its checkpoint. */
const patience = 10_000;
/** Times that a task may lose its worker before it is set aside. */
const mostStalled = 10;
/** Another try on this or another machine may go well. */
const worthAnotherTry = new Set<string>(['crashed', 'out-of-memory', 'disk-full']);

/** Takes tasks until the signal is aborted. Throws UserError where the queue or the artifacts cannot be reached. */
export async function serveQueue(options: WorkerOptions): Promise<void> {
  const { tell, signal } = options;
  const { queue, artifacts } = options.address;
  const redis = await connectRedis(queue);
  tellOutages(redis, tell);
  const supervisor = new Supervisor(options, openTaskStore(artifacts), redis);
  try {
    await supervisor.serve(signal);
  } finally {
    redis.disconnect();
  }
}

class Supervisor {
  private readonly id = randomUUID();
  private readonly place;
  private readonly since = Date.now();
  private tasks = 0;
  /** When tasks of the last minute were done. */
  private lately: number[] = [];
  private task: WorkerNews['task'];
  private child: { readonly products: Products; readonly process: TaskProcess } | undefined;

  constructor(
    private readonly options: WorkerOptions,
    private readonly store: TaskStore,
    private readonly redis: Redis,
  ) {
    this.place = placeHere(options.device, options.threads);
  }

  async serve(leave: AbortSignal): Promise<void> {
    const { tell } = this.options;
    const lock = 1000 * secondsIn('POLYMATH_LOCK_SECONDS', 120);
    // Whether the artifacts can be written is known before a task is taken.
    await requireWritable(this.store, this.options.address);
    const worker = new Worker<TaskJob, TaskDone>(
      queueOf(this.place),
      (job, token, lost) => this.perform(job, token, AbortSignal.any([leave, ...(lost ? [lost] : [])]), leave),
      {
        connection: this.redis,
        prefix,
        concurrency: 1,
        lockDuration: lock,
        stalledInterval: Math.min(30_000, lock / 2),
        maxStalledCount: mostStalled,
      },
    );
    // What it computes belongs to another by now.
    worker.on('lockRenewalFailed', (jobs) => jobs.forEach((job) => worker.cancelJob(job, 'lock lost')));
    worker.on('completed', ({ name, id, processedOn = Date.now() }) => {
      this.tasks++;
      this.lately.push(Date.now());
      tell(`${name} ${shortened(id)}: done in ${((Date.now() - processedOn) / 1000).toFixed(1)} s`);
    });
    worker.on('error', (error) => {
      // Outages are told of by the connection itself.
      if (!/ECONN|closed|ETIMEDOUT|EAI_AGAIN/.test(String(error))) tell(error.message);
    });
    const telling = setInterval(() => void this.news().catch(() => undefined), (newsSeconds * 1000) / 4);
    await this.news();
    if (!leave.aborted) await new Promise((resolve) => leave.addEventListener('abort', resolve, { once: true }));
    clearInterval(telling);
    await Promise.race([worker.close(), delay(2 * patience)]);
    await this.dismiss();
    await Promise.race([this.redis.del(newsKey(this.id)), delay(1000)]);
  }

  /** One task. What it throws is what becomes of the job. */
  private async perform(
    job: TaskOf,
    token: string | undefined,
    stop: AbortSignal,
    leave: AbortSignal,
  ): Promise<TaskDone> {
    const { tell } = this.options;
    this.task = { name: job.name, since: Date.now() };
    await this.news();
    tell(`${job.name} ${shortened(job.id)}: begun`);
    const cancelled = new AbortController();
    const looking = setInterval(() => void this.lookAfter(job, cancelled), lookEvery);
    const signal = AbortSignal.any([stop, cancelled.signal]);
    try {
      return await this.compute(job, signal);
    } catch (error) {
      if (leave.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (cancelled.signal.aborted) {
        tell(`${job.name} ${shortened(job.id)}: nobody wants it any more`);
        throw new UnrecoverableError(told('cancelled'));
      }
      const failure = explainFailure(error);
      tell(`${job.name} ${shortened(job.id)}: ${failure.message}`);
      throw worthAnotherTry.has(failure.reason) ? new Error(told(failure)) : new UnrecoverableError(told(failure));
    } finally {
      clearInterval(looking);
      this.task = undefined;
      // A process that was asked to stop takes no other task.
      if (signal.aborted) await this.dismiss();
    }
  }

  private async lookAfter({ id = '' }: TaskOf, cancelled: AbortController): Promise<void> {
    if ((await this.redis.exists(cancelKey(id)).catch(() => 0)) === 1) cancelled.abort();
  }

  private async compute(job: TaskOf, signal: AbortSignal): Promise<TaskDone> {
    const { input, products, models: named } = taskJob.parse(job.data);
    const models = Object.fromEntries(Object.entries(named).map(([sha256, artifact]) => [sha256, { artifact }]));
    const report = (progress: Progress): void => void job.updateProgress(progress).catch(() => undefined);
    const log = (text: string): void => void job.log(text).catch(() => undefined);
    const process = await this.processFor(products);
    signal.throwIfAborted();
    const kill = (): void => void setTimeout(() => process.kill(), patience).unref();
    signal.addEventListener('abort', kill);
    const message = { task: job.name, key: job.id ?? '', input, models };
    return process.run(message, { signal, report }, log).finally(() => signal.removeEventListener('abort', kill));
  }

  /** The computing process; a new one where there is none, or where it multiplies otherwise. */
  private async processFor(products: Products): Promise<TaskProcess> {
    const { program, device, threads, address } = this.options;
    if (this.child?.products === products && this.child.process.living) return this.child.process;
    await this.dismiss();
    const process = new TaskProcess(program, { store: address.artifacts, device, products, threads });
    this.child = { products, process };
    return process;
  }

  private async dismiss(): Promise<void> {
    const process = this.child?.process;
    this.child = undefined;
    if (process === undefined) return;
    const timer = setTimeout(() => process.kill(), patience);
    await process.close();
    clearTimeout(timer);
  }

  private news(): Promise<void> {
    const minute = Date.now() - 60_000;
    this.lately = this.lately.filter((at) => at > minute);
    const { id, since, tasks, task } = this;
    const { device, processor, threads, engine, runtime } = this.place;
    return tellNews(this.redis, {
      ...{ id, host: hostname(), pid: process.pid, device, processor, threads, engine, runtime, since, tasks },
      lately: this.lately.length,
      ...(task && { task }),
    });
  }
}

async function requireWritable({ artifacts }: TaskStore, address: WorkersAddress): Promise<void> {
  await artifacts.put([Buffer.from('polymath')]).catch((error: unknown) => {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    throw new UserError(
      `Nothing can be written to ${address.artifacts}: ${error.message}.`,
      'Name a folder with --artifacts that this user may write, the same for all workers.',
    );
  });
}

const shortened = (id = ''): string => id.slice(0, 12);
const told = (failure: JobFailure): string => JSON.stringify(failure);
const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
