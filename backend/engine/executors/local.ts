import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Device } from '../../base/device';
import type { Watch } from '../../base/progress';
import { type FromWorker, fromWorker, type Task, taskKey } from '../tasks/task';
import type { Blobs } from '../artifacts/blobs';
import { explainExit, ToldFailure } from '../failure';

/**
 * Where tasks are done. A task that was done before costs nothing: its result is found by its key. An executor on other
 * machines ships the blobs that a task names and brings the result back; nothing else passes between it and its caller.
 */
export interface Executor {
  readonly blobs: Blobs;
  /** The result of the task. Throws the signal's reason when it is aborted, ToldFailure where the task failed. */
  execute(task: Task, watch: Watch): Promise<unknown>;
  close(): Promise<void>;
}

export interface LocalExecutorOptions {
  /** The built worker program. */
  readonly program: string;
  readonly blobs: Blobs;
  /** Folders of base models by the hash of their files. */
  readonly models: ReadonlyMap<string, string>;
  /** Where they compute. */
  readonly device: Device;
  /** Worker processes at most. */
  readonly workers: number;
  /** Told after each task: peak memory of its worker in MiB, tokens that it worked on. */
  readonly onSpent?: (tokens: number, memory: number) => void;
}

/** Does tasks in child processes of this one. A worker that dies takes only its task with it. */
export class LocalExecutor implements Executor {
  readonly blobs: Blobs;
  private readonly idle: ChildProcess[] = [];
  private readonly waiting: ((worker: ChildProcess) => void)[] = [];
  private alive = 0;

  constructor(private readonly options: LocalExecutorOptions) {
    this.blobs = options.blobs;
  }

  async execute(task: Task, watch: Watch): Promise<unknown> {
    const key = taskKey(task);
    const known = await this.blobs.result(key);
    if (known !== undefined) return known;
    const worker = await this.acquire();
    try {
      watch.signal.throwIfAborted();
      await this.run(worker, task, watch);
    } finally {
      this.release(worker);
    }
    const result = await this.blobs.result(key);
    if (result === undefined) throw new Error(`the result of task ${key} is missing`);
    return result;
  }

  async close(): Promise<void> {
    const workers = this.idle.splice(0);
    await Promise.all(
      workers.map(async (worker) => {
        const ended = once(worker, 'exit');
        worker.disconnect();
        await ended;
      }),
    );
  }

  private acquire(): Promise<ChildProcess> {
    const free = this.idle.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.alive < this.options.workers) return Promise.resolve(this.start());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private start(): ChildProcess {
    this.alive++;
    const models = JSON.stringify(Object.fromEntries(this.options.models));
    const given = [this.blobs.folder, models, String(this.options.workers), this.options.device];
    const worker = fork(this.options.program, given, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    worker.once('exit', () => {
      this.alive--;
      // One that dies while nobody needs it is not given to the next task.
      const at = this.idle.indexOf(worker);
      if (at >= 0) this.idle.splice(at, 1);
    });
    return worker;
  }

  private release(worker: ChildProcess): void {
    const living = worker.exitCode === null && worker.signalCode === null && worker.connected;
    const next = this.waiting.shift();
    if (next !== undefined) next(living ? worker : this.start());
    else if (living) this.idle.push(worker);
  }

  private run(worker: ChildProcess, task: Task, watch: Watch): Promise<void> {
    return new Promise((resolve, reject) => {
      let lastLines = '';
      const onText = (text: Buffer): void => {
        lastLines = (lastLines + text.toString('utf8')).slice(-4000);
        process.stderr.write(text);
      };
      const onAbort = (): void => void worker.send({ type: 'stop' }, () => undefined);
      const finish = (settle: () => void): void => {
        worker.off('message', onMessage).off('exit', onExit);
        worker.stderr?.off('data', onText);
        watch.signal.removeEventListener('abort', onAbort);
        settle();
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
        finish(() => reject(new ToldFailure(explainExit(code, signal, lastLines))));
      const onMessage = (raw: unknown): void => {
        const message = fromWorker.parse(raw);
        if (message.type === 'progress') return watch.report(message.progress);
        finish(() => this.settle(message, { resolve, reject, watch }));
      };
      worker.on('message', onMessage).on('exit', onExit);
      worker.stderr?.on('data', onText);
      watch.signal.addEventListener('abort', onAbort);
      worker.send({ type: 'task', task });
    });
  }

  private settle(
    message: Exclude<FromWorker, { type: 'progress' }>,
    { resolve, reject, watch }: { resolve: () => void; reject: (error: unknown) => void; watch: Watch },
  ): void {
    if (message.type === 'done') {
      this.options.onSpent?.(message.tokens, message.memory);
      resolve();
    } else if (message.type === 'stopped') {
      reject(watch.signal.aborted ? watch.signal.reason : new Error('the worker stopped by itself'));
    } else {
      const { reason, message: text, next } = message;
      reject(new ToldFailure({ reason, message: text, next }));
    }
  }
}
