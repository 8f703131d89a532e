import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the built command line in a folder. */
export function start(folder: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [resolve('dist/backend/cli/main.js'), ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the built command line to its end. */
export function polymath(folder: string, ...args: string[]): Promise<Finished> {
  const child = start(folder, ...args);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (data: Buffer) => (out += data.toString('utf8')));
  child.stderr?.on('data', (data: Buffer) => (err += data.toString('utf8')));
  return new Promise((done) => child.on('close', (code) => done({ code, out, err })));
}
