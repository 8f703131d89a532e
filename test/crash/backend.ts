import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Connection, connect } from '../../backend/rpc/client/connection';

/** A backend in a process of its own, as the editor starts it, with a client. */
export interface RunningBackend {
  readonly process: ChildProcess;
  readonly client: Connection;
  readonly closed: Promise<unknown>;
}

/** `fileLimit`: KiB that a file may grow to, for the backend and its children; a disk that is full looks the same. */
export async function startBackend(
  folder: string,
  fileLimit?: number,
  variables: NodeJS.ProcessEnv = {},
): Promise<RunningBackend> {
  const program = [process.execPath, resolve('dist/backend/server/main.js'), folder];
  const limit = fileLimit === undefined ? 'unlimited' : String(fileLimit);
  const child = spawn('bash', ['-c', `ulimit -f ${limit} && exec "$@"`, 'bash', ...program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, POLYMATH_CHECKPOINT_SECONDS: '0.3', ...variables },
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString('utf8')));
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), closed.then(() => '')]);
  const ready = JSON.parse(line === '' ? '{}' : line) as { polymath?: string; port?: number; token?: string };
  if (ready.polymath !== 'ready' || ready.port === undefined || ready.token === undefined) {
    throw new Error(`the backend did not start: ${line} ${errors}`);
  }
  const client = await connect({ port: ready.port, token: ready.token, folder, client: 'test' });
  return { process: child, client, closed };
}

/** Ids of living processes whose command line names the folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const state = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => ') Z');
    // A process that is dead and only waits to be counted is no orphan.
    if (command.includes(folder) && !/\) [ZX]/.test(state)) found.push(Number(name));
  }
  return found;
}
