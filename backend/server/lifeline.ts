import { fstatSync } from 'node:fs';

/**
 * Calls back once when the process that started this one is gone, however it ended: its end of our stdin closed, or its id is
 * not our parent's any more. Neither watch keeps the process alive. Returns the way to stop watching.
 * `parent`: the id to watch; the process that started this one by default.
 */
export function onParentGone(callback: () => void, parent = process.ppid): () => void {
  const firstParent = process.ppid;
  const stop = (): void => {
    clearInterval(timer);
    for (const event of inputEnds) process.stdin.off(event, gone);
  };
  const gone = (): void => {
    stop();
    callback();
  };
  // An orphan gets another parent on Linux and macOS; Windows keeps the old id, so there its life has to be asked for.
  const timer = setInterval(() => {
    if (process.ppid !== firstParent || !isAlive(parent)) gone();
  }, 1000);
  timer.unref();
  if (inputIsPipe()) {
    for (const event of inputEnds) process.stdin.once(event, gone);
    // The end of a stream shows only to one who reads it.
    process.stdin.resume();
    process.stdin.unref();
  }
  return stop;
}

const inputEnds = ['end', 'close', 'error'] as const;

/** A file, /dev/null or a terminal ends when it likes; only a pipe is held by the parent. */
function inputIsPipe(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket();
  } catch {
    return false;
  }
}

/** A signal that we may not send (EPERM) has found its process, too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
