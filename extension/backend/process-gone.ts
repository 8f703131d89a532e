import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when no such process lives, at the latest after as long as runs may take for their checkpoints. */
export async function processGone(pid: number, milliseconds = 20_000): Promise<void> {
  for (let waited = 0; isAlive(pid) && waited < milliseconds; waited += 50) await sleep(50);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
