import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Device } from '../../base/device';
import type { Products } from '../../base/precision';
import type { Watch } from '../../base/progress';
import type { ArtifactStore } from '../artifacts/store';
import { getValue } from '../artifacts/values';
import { explainExit, ToldFailure } from '../failure';
import { placeHere } from '../tasks/place';
import { type FromWorker, fromWorker, type Task, taskKey, type ToWorker, type WorkerSetup } from '../tasks/task';
import type { TaskFolder } from '../tasks/task-folder';

/**
 * Where tasks are done. A task that was done before at the same place costs nothing: its result is found by its key. An executor on
 * other machines ships the artifacts that a task names and brings the result back; nothing else passes between it and its caller.
 */
export interface Executor {
  /** Where the caller puts what its tasks read. */
  readonly artifacts: ArtifactStore;
  /** The result of a task. Throws the signal's reason when it is aborted, ToldFailure where the task failed. */
  execute<Input, Output>(task: Task<Input, Output>, input: Input, watch: Watch): Promise<Output>;
  close(): Promise<void>;
}

export interface LocalExecutorOptions {
  /** The built worker program. */
  readonly program: string;
  readonly folder: TaskFolder;
  /** Folders of base models by the hash of their files. */
  readonly models: ReadonlyMap<string, string>;
  /** Where they compute. */
  readonly device: Device;
  /** How frozen weights multiply there; in full by default. */
  readonly products?: Products;
  /** Worker processes at most. */
  readonly workers: number;
  /** Threads of each worker; by default they share the processor's cores. */
  readonly threads?: number;
  /** Told after each task: peak memory of its worker in MiB, tokens that it worked on. */
  readonly onSpent?: (tokens: number, memory: number) => void;
}

/** Does tasks in child processes of this one. A worker that dies takes only its task with it. */
export class LocalExecutor implements Executor {
  readonly artifacts: ArtifactStore;
  private readonly threads: number;
  private readonly idle: ChildProcess[] = [];
  private readonly waiting: ((worker: ChildProcess) => void)[] = [];
  private alive = 0;

  constructor(private readonly options: LocalExecutorOptions) {
    const { folder, workers, threads } = options;
    this.artifacts = folder.artifacts;
    this.threads = threads ?? Math.max(1, Math.floor(availableParallelism() / Math.max(1, workers)));
  }

  async execute<Input, Output>(task: Task<Input, Output>, input: Input, watch: Watch): Promise<Output> {
    const { device, products, folder } = this.options;
    const key = taskKey(task, input, placeHere(device, this.threads, products));
    const known = await folder.result(key);
    if (known !== undefined) {
      // One that was removed or is damaged is made again.
      const value = await getValue(this.artifacts, known, task.output).catch(() => undefined);
      if (value !== undefined) return value;
    }
    const worker = await this.acquire();
    try {
      watch.signal.throwIfAborted();
      const result = await this.run(worker, { type: 'task', task: task.name, key, input }, watch);
      await folder.keepResult(key, result);
      return await getValue(this.artifacts, result, task.output);
    } finally {
      this.release(worker);
    }
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
    const { folder, models, device, products = 'full', program } = this.options;
    const { threads } = this;
    const known = Object.fromEntries(models);
    const setup: WorkerSetup = { folder: folder.folder, models: known, device, products, threads };
    const worker = fork(program, [JSON.stringify(setup)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
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

  /** The name of the artifact that is the result. */
  private run(worker: ChildProcess, task: ToWorker, watch: Watch): Promise<string> {
    return new Promise((resolve, reject) => {
      let lastLines = '';
      const onText = (text: Buffer): void => {
        lastLines = (lastLines + text.toString('utf8')).slice(-4000);
        process.stderr.write(text);
      };
      const onAbort = (): void => void worker.send({ type: 'stop' } satisfies ToWorker, () => undefined);
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
      worker.send(task);
    });
  }

  private settle(
    message: Exclude<FromWorker, { type: 'progress' }>,
    { resolve, reject, watch }: { resolve: (result: string) => void; reject: (error: unknown) => void; watch: Watch },
  ): void {
    if (message.type === 'done') {
      this.options.onSpent?.(message.tokens, message.memory);
      resolve(message.result);
    } else if (message.type === 'stopped') {
      reject(watch.signal.aborted ? watch.signal.reason : new Error('the worker stopped by itself'));
    } else {
      const { reason, message: text, next } = message;
      reject(new ToldFailure({ reason, message: text, next }));
    }
  }
}
