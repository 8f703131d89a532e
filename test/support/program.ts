import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the built command line in a folder. */
export function start(folder: string, ...args: string[]): ChildProcess {
  return startProgram('backend/cli/main', folder, args);
}

function startProgram(program: string, folder: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [resolve(`dist/${program}.js`), ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Resolves when a program has written this to its standard error; rejects when it ends before. */
export function says(child: ChildProcess, text: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (data: Buffer) => {
      said += data.toString('utf8');
      if (said.includes(text)) resolve();
    });
    child.once('close', (code) => reject(new Error(`it ended with ${code} and did not say ${text}: ${said}`)));
  });
}

/** Runs the built command line to its end. */
export function polymath(folder: string, ...args: string[]): Promise<Finished> {
  return finished(start(folder, ...args));
}

/** Runs a built program to its end in a folder. */
export function runProgram(program: string, folder: string, ...args: string[]): Promise<Finished> {
  return finished(startProgram(program, folder, args));
}

export function finished(child: ChildProcess): Promise<Finished> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (data: Buffer) => (out += data.toString('utf8')));
  child.stderr?.on('data', (data: Buffer) => (err += data.toString('utf8')));
  return new Promise((done) => child.on('close', (code) => done({ code, out, err })));
}
