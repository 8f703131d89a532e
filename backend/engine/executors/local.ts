import { availableParallelism } from 'node:os';
import type { Device } from '../../base/device';
import type { Products } from '../../base/precision';
import type { Watch } from '../../base/progress';
import type { ArtifactStore } from '../artifacts/store';
import { getValue } from '../artifacts/values';
import { placeHere } from '../tasks/place';
import { type Task, taskKey } from '../tasks/task';
import type { TaskFolder } from '../tasks/task-folder';
import type { Executor } from './executor';
import { type TaskMessage, TaskProcess } from './task-process';

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
  readonly width: number;
  readonly spreads = false;
  private readonly threads: number;
  private readonly models: TaskMessage['models'];
  private readonly idle: TaskProcess[] = [];
  private readonly waiting: ((worker: TaskProcess) => void)[] = [];
  private alive = 0;

  constructor(private readonly options: LocalExecutorOptions) {
    const { folder, workers, threads, models } = options;
    this.artifacts = folder.artifacts;
    this.width = workers;
    this.models = Object.fromEntries([...models].map(([sha256, folder]) => [sha256, { folder }]));
    this.threads = threads ?? Math.max(1, Math.floor(availableParallelism() / Math.max(1, workers)));
  }

  async execute<Input, Output>(task: Task<Input, Output>, input: Input, watch: Watch): Promise<Output> {
    const { device, products, folder, onSpent } = this.options;
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
      const message = { task: task.name, key, input, models: this.models };
      const { result, tokens, memory } = await worker.run(message, watch, (text) => process.stderr.write(text));
      onSpent?.(tokens, memory);
      await folder.keepResult(key, result);
      return await getValue(this.artifacts, result, task.output);
    } finally {
      this.release(worker);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.idle.splice(0).map((worker) => worker.close()));
  }

  private acquire(): Promise<TaskProcess> {
    const free = this.idle.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.alive < this.options.workers) return Promise.resolve(this.start());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private start(): TaskProcess {
    this.alive++;
    const { folder, device, products = 'full', program } = this.options;
    const worker = new TaskProcess(program, { store: folder.folder, device, products, threads: this.threads });
    worker.onExit(() => {
      this.alive--;
      // One that dies while nobody needs it is not given to the next task.
      const at = this.idle.indexOf(worker);
      if (at >= 0) this.idle.splice(at, 1);
    });
    return worker;
  }

  private release(worker: TaskProcess): void {
    const next = this.waiting.shift();
    if (next !== undefined) next(worker.living ? worker : this.start());
    else if (worker.living) this.idle.push(worker);
  }
}
