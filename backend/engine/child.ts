/** What every child process that does heavy work has in common: how it is stopped, and that it never outlives its parent. */
import { Worker } from 'node:worker_threads';
import { secondsIn } from '../base/environment';
import type { Watch } from '../base/progress';

/** Why work stopped: its parent asked for it, or is gone. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface Child {
  /** Aborted when the parent asks to stop, or is gone: the work then writes a checkpoint and ends. */
  readonly signal: AbortSignal;
  /** Sends a message to the parent; nothing where it is gone. */
  readonly send: (message: object) => void;
}

/** Milliseconds that work without a parent may take to write its checkpoint. */
const grace = 8000;

/**
 * Kills this process when the one that started it has been gone for so many milliseconds. In a thread of its own, because ONNX
 * Runtime blocks this one while it computes. A parent that died gives its children to another on POSIX; Windows keeps its
 * number, but answers no signal.
 */
export function endWithParent(patience: number): void {
  const watch = `
    const parent = ${process.ppid};
    const alive = () => {
      if (process.ppid !== parent) return false;
      try {
        process.kill(parent, 0);
        return true;
      } catch (error) {
        return error.code === 'EPERM';
      }
    };
    let gone = 0;
    setInterval(() => {
      if (alive()) return;
      gone += 250;
      if (gone > ${patience}) process.kill(process.pid, 'SIGKILL');
    }, 250);`;
  // Without options of its own it would load again what the process was told to load.
  new Worker(watch, { eval: true, execArgv: [] }).unref();
}

export function becomeChild(): Child {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Stopped('asked to stop'));
  process.on('message', (message: unknown) => {
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop') stop();
  });
  process.on('disconnect', stop);
  // The terminal's Ctrl-C and a plain kill go through the parent: it decides what becomes of the run.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  endWithParent(grace);
  // The editor whose log it is may be gone, while the work goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    signal: controller.signal,
    send: (message) => {
      if (process.connected) process.send?.(message, () => undefined);
    },
  };
}

/** Peak resident memory of this process, MiB. */
export function peakMemory(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Milliseconds between two checkpoints. */
export function checkpointInterval(): number {
  return 1000 * secondsIn('POLYMATH_CHECKPOINT_SECONDS', 30);
}

/** Lets a report through at most ten times a second; the first and the last of a stage always. */
export function throttled(report: Watch['report']): Watch['report'] {
  let latest = -Infinity;
  let stage = '';
  return (progress) => {
    const now = performance.now();
    if (progress.stage === stage && progress.done < progress.total && now - latest < 100) return;
    latest = now;
    stage = progress.stage;
    report(progress);
  };
}
