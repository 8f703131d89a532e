import { setTimeout as wait } from 'node:timers/promises';

/** Waits. Throws the signal's own reason when it is aborted, where Node would throw an error of its kind. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
