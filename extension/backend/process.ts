/** One process of the backend, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { announcement } from '../../backend/rpc/announcement';
import { UserError } from '../../backend/base/errors';
import type { Ending } from './ending';

/** Lines of standard error that a message about its end may quote. */
const tailLines = 40;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How long it may take to say where it listens. */
  readonly readyMilliseconds?: number;
  /** How long it may take to end when it is asked to: its runs write checkpoints first. */
  readonly stopMilliseconds?: number;
  /** Hears each line of standard error. */
  readonly onLine?: (line: string) => void;
}

/** Where a backend listens. */
export interface Address {
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  /** It is not the process that was started but another, which served the project already. */
  readonly elsewhere: boolean;
}

/** A process that ended before it listened, without a word why: it may do better the next time. */
export class EarlyEndError extends Error {
  override readonly name = 'EarlyEndError';

  constructor(readonly ending: Ending) {
    super('the backend ended before it listened');
  }
}

export class BackendProcess {
  /** Rejects with UserError where it says why it cannot start, says something else, or says nothing in time; else with EarlyEndError. */
  readonly address: Promise<Address>;
  readonly ended: Promise<Ending>;
  private readonly tail: string[] = [];
  private readonly child: ChildProcess;

  constructor(private readonly launch: Launch) {
    const { command, args, env } = launch;
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    // A process that ends closes its end of the pipe while we may be writing to ours.
    this.child.stdin?.on('error', () => undefined);
    const said = this.readLines();
    this.ended = new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null): void =>
        resolve({ code, signal, tail: this.tail.join('\n') });
      this.child.once('error', () => settle(null, null));
      this.child.once('exit', (code, signal) => {
        // What it wrote last may still be in the pipe, which its children can hold open.
        void Promise.race([said, sleep(500)]).then(() => settle(code, signal));
      });
    });
    this.address = this.readAddress();
    // Whoever only wants to hear of the end need not ask for the address.
    this.address.catch(() => undefined);
  }

  /** Lets it end by itself, runs with their checkpoints; kills it where it does not in time. */
  async stop(): Promise<Ending> {
    const { stopMilliseconds = 20_000 } = this.launch;
    this.child.stdin?.end();
    const patience = setTimeout(() => this.kill(), stopMilliseconds);
    try {
      return await this.ended;
    } finally {
      clearTimeout(patience);
    }
  }

  /** Leaves it to itself: it ends at once, or when the runs that it is to keep are done. */
  release(): void {
    this.child.stdin?.end();
  }

  /** Its children end by themselves when their parent is gone. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Resolves when standard error is closed. */
  private readLines(): Promise<void> {
    const { stderr } = this.child;
    if (stderr === null) return Promise.resolve();
    const lines = createInterface({ input: stderr, crlfDelay: Infinity });
    lines.on('line', (line) => {
      this.tail.push(line);
      if (this.tail.length > tailLines) this.tail.shift();
      this.launch.onLine?.(line);
    });
    return new Promise((resolve) => lines.once('close', resolve));
  }

  private async readAddress(): Promise<Address> {
    const { command, readyMilliseconds = 20_000 } = this.launch;
    const { child } = this;
    const giveUp = new AbortController();
    try {
      return await Promise.race([
        this.firstLine().then(toAddress),
        new Promise<never>((_, reject) => {
          child.once('error', ({ message }) =>
            reject(new UserError(`${command} cannot be started: ${message}.`, 'Check polymath.backend.nodePath.')),
          );
        }),
        sleep(readyMilliseconds, undefined, { signal: giveUp.signal }).then(() => {
          throw new UserError(
            `The backend did not say within ${readyMilliseconds / 1000} s where it listens.`,
            'Look into its log, and start it again when the machine is less busy.',
          );
        }),
      ]);
    } catch (error) {
      this.kill();
      throw error;
    } finally {
      giveUp.abort();
    }
  }

  private firstLine(): Promise<string> {
    const { stdout } = this.child;
    if (stdout === null) return Promise.reject(new Error('the backend has no standard output'));
    return new Promise((resolve, reject) => {
      const lines = createInterface({ input: stdout, crlfDelay: Infinity });
      lines.once('line', resolve);
      void this.ended.then((ending) => reject(new EarlyEndError(ending)));
    });
  }
}

function toAddress(line: string): Address {
  const read = announcement.safeParse(parsed(line));
  if (!read.success) {
    throw new UserError(
      `The backend began with an unknown line: ${line.slice(0, 200)}`,
      'Install Polymath again: its parts are of different versions.',
    );
  }
  if (read.data.polymath === 'failed') throw new UserError(read.data.message, read.data.next);
  const { polymath, port, token, pid } = read.data;
  return { port, token, pid, elsewhere: polymath === 'elsewhere' };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
