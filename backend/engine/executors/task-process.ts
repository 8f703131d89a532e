import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Watch } from '../../base/progress';
import { explainExit, ToldFailure } from '../failure';
import { type FromWorker, fromWorker, type ToWorker, type WorkerSetup } from '../tasks/task';

/** A task as a worker process is told it. */
export type TaskMessage = Omit<Extract<ToWorker, { type: 'task' }>, 'type'>;
/** How a task ended well: the artifact that is the result, tokens that were worked on, and the process's peak memory, MiB. */
export type TaskDone = Omit<Extract<FromWorker, { type: 'done' }>, 'type'>;

/** A worker process, from the side of whoever started it: one task after the other. */
export class TaskProcess {
  private readonly child: ChildProcess;

  constructor(program: string, setup: WorkerSetup) {
    this.child = fork(program, [JSON.stringify(setup)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  }

  /** Whether it takes a task. */
  get living(): boolean {
    const { exitCode, signalCode, connected } = this.child;
    return exitCode === null && signalCode === null && connected;
  }

  onExit(listener: () => void): void {
    this.child.once('exit', listener);
  }

  /**
   * Does a task; `onText` hears what its process writes to standard error. Throws the signal's reason where it stopped for that, and
   * ToldFailure where the task failed or the process died.
   */
  run(task: TaskMessage, watch: Watch, onText: (text: string) => void): Promise<TaskDone> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      // Whoever asks it to stop says why in any way.
      const fail: (reason: unknown) => void = reject;
      let lastLines = '';
      const hear = (text: Buffer): void => {
        const said = text.toString('utf8');
        lastLines = (lastLines + said).slice(-4000);
        onText(said);
      };
      const onAbort = (): void => void child.send({ type: 'stop' } satisfies ToWorker, () => undefined);
      const finish = (settle: () => void): void => {
        child.off('message', onMessage).off('exit', onExit);
        child.stderr?.off('data', hear);
        watch.signal.removeEventListener('abort', onAbort);
        settle();
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
        finish(() => reject(new ToldFailure(explainExit(code, signal, lastLines))));
      const onMessage = (raw: unknown): void => {
        const message = fromWorker.parse(raw);
        if (message.type === 'progress') watch.report(message.progress);
        else if (message.type === 'done') {
          const { result, tokens, memory } = message;
          finish(() => resolve({ result, tokens, memory }));
        } else finish(() => fail(endOf(message, watch)));
      };
      child.on('message', onMessage).on('exit', onExit);
      child.stderr?.on('data', hear);
      watch.signal.addEventListener('abort', onAbort);
      child.send({ type: 'task', ...task } satisfies ToWorker);
    });
  }

  /** Lets it end; what it is at writes a checkpoint first. */
  async close(): Promise<void> {
    if (!this.living) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

function endOf(message: Extract<FromWorker, { type: 'stopped' | 'failed' }>, { signal }: Watch): unknown {
  if (message.type === 'stopped') return signal.aborted ? signal.reason : new Error('the worker stopped by itself');
  const { reason, message: text, next } = message;
  return new ToldFailure({ reason, message: text, next });
}
