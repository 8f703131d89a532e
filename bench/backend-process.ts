/** A backend as the editor starts it, in a process of its own, asked through its socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { program } from '../backend/base/package-folder';
import type { Method, Params } from '../backend/protocol/messages';
import { type Connection, connect } from '../backend/rpc/client/connection';

export interface Backend {
  readonly child: ChildProcess;
  readonly client: Connection;
  /** From its start to the line that says where it listens. */
  readonly seconds: number;
}

export async function startBackend(folder: string): Promise<Backend> {
  const began = performance.now();
  const child = spawn(process.execPath, [await program('backend/server/main'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const seconds = (performance.now() - began) / 1000;
  const { port, token } = JSON.parse(line.toString('utf8')) as { port: number; token: string };
  return { child, seconds, client: await connect({ port, token, folder, client: 'benchmark' }) };
}

export async function endBackend({ child, client }: Backend): Promise<number> {
  const began = performance.now();
  await client.close();
  child.stdin?.end();
  await once(child, 'exit');
  return (performance.now() - began) / 1000;
}

/** Resident memory, MiB. */
export async function memoryOf({ child }: Backend): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** Seconds of processor time since the start; Linux counts hundredths. */
export async function processorOf({ child }: Backend): Promise<number> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export type Call = { [M in Method]: readonly [M, Params<M>] }[Method];

export async function millisecondsOf(client: Connection, [method, params]: Call): Promise<number> {
  const began = performance.now();
  await client.call(method, params);
  return performance.now() - began;
}

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
