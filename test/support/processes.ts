import assert from 'node:assert/strict';
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, connect } from '../../backend/rpc/client/connection';

export const program = resolve('dist/backend/server/main.js');

/** A program with pipes, as the editor starts it. */
interface Launched {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  /** Its exit code, when its pipes are closed: no process that got them from it is left. */
  readonly closed: Promise<number | null>;
}

export function launch(args: readonly string[], options: SpawnOptions = {}): Launched {
  const child = spawn(process.execPath, args, { ...options, stdio: 'pipe' });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text: Buffer) => (said.out += text.toString('utf8')));
  child.stderr.on('data', (text: Buffer) => (said.err += text.toString('utf8')));
  return { child, said, closed: once(child, 'close').then(([code]) => code as number | null) };
}

/** A backend that listens, with a client. */
export interface Running extends Launched {
  readonly ready: { readonly port: number; readonly token: string; readonly pid: number; readonly folder: string };
  readonly client: Connection;
}

/** `through`: what stands before the program on the command line of Node. */
export async function launchBackend(folder: string, through: readonly string[] = []): Promise<Running> {
  const launched = launch([...through, program, folder]);
  const { child, said, closed } = launched;
  let over = false;
  void closed.then(() => (over = true));
  while (!said.out.includes('\n') && !over) await Promise.race([once(child.stdout ?? child, 'data'), closed]);
  const ready = JSON.parse(said.out || '{}') as Running['ready'] & { polymath?: string };
  assert.equal(ready.polymath, 'ready', said.out + said.err);
  return { ...launched, ready, client: await connect({ ...ready, client: 'test' }) };
}

/** A process between the test and the backend, which gets the test's end of its pipes: they stay open when it is gone. */
export const parent = [
  '-e',
  `require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`,
];

/** The message of a backend that cannot start: one line, and exit code 1. */
export async function refused(folder: string, options: SpawnOptions = {}): Promise<string> {
  const { said, closed } = launch([program, folder], options);
  assert.equal(await closed, 1, said.err);
  assert.equal(said.err, '');
  assert.match(said.out, /^[^\n]+\n$/);
  const { polymath, message, next } = JSON.parse(said.out) as { polymath: string; message: string; next: string };
  assert.equal(polymath, 'failed');
  assert.ok(next.length > 10, next);
  return message;
}

/** Ids of the living processes by their parent's. */
async function livingChildren(): Promise<Map<number, number[]>> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    // After the name in parentheses: state, id of the parent.
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const [, state, ppid] = /\) (\w) (\d+) [^)]*$/.exec(stat) ?? [];
    if (state === undefined || state === 'Z' || state === 'X') continue;
    children.set(Number(ppid), [...(children.get(Number(ppid)) ?? []), Number(name)]);
  }
  return children;
}

/** The living processes that a process started, and those that they started. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = await livingChildren();
  const below = (id: number): number[] => (children.get(id) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** Resolves when none of the processes is alive; fails after the ten seconds that the editor is promised. */
export async function gone(pids: readonly number[]): Promise<void> {
  const began = performance.now();
  for (;;) {
    const living = [...(await livingChildren()).values()].flat();
    const left = pids.filter((pid) => living.includes(pid));
    if (left.length === 0) return;
    assert.ok(performance.now() - began < 10_000, `still alive after ten seconds: ${left.join(', ')}`);
    await sleep(20);
  }
}

export async function loadsRuntime(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/maps`, 'utf8')).includes('onnxruntime');
}
