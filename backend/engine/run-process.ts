import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { GuideOffer } from '../protocol/guide';
import { type FromRunner, fromRunner, type ToRunner } from '../protocol/runner';
import type { Failure } from '../protocol/run';
import { explainExit } from './failure';
import { logFile } from './run-files';

/** Of the log: the stack of a process that was aborted goes below what it died of. */
const lastCharacters = 16_000;

/** How the process of a run ended. */
export type RunEnd =
  | { readonly kind: 'finished'; readonly tokens: number; readonly memory: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a run becomes when it ends because it was asked to. */
export type Halt = 'paused' | 'cancelled' | 'interrupted';

/** Who does the work of a run: a process, or in its place the coordinator, which leads other runs. */
export interface Performer {
  readonly ended: Promise<RunEnd>;
  /** Resolves when it has ended, with a checkpoint where it had time for one. */
  stop(how: Halt): Promise<void>;
}

export interface RunProcessOptions {
  /** The built runner. */
  readonly program: string;
  readonly folder: string;
  /** Where the editor's models are asked, if it offers them. */
  readonly guide?: GuideOffer | undefined;
  readonly onMessage: (message: Exclude<FromRunner, { type: 'finished' | 'stopped' | 'failed' }>) => void;
  /** Milliseconds between asking it to stop and killing it. */
  readonly patience?: number;
}

/**
 * One process of a run, with whatever processes it starts itself: a group of their own, so that nothing of it survives a kill.
 */
export class RunProcess implements Performer {
  readonly ended: Promise<RunEnd>;
  private readonly child: ChildProcess;
  private told: RunEnd | undefined;

  constructor(private readonly options: RunProcessOptions) {
    const log = openSync(logFile(options.folder), 'a');
    this.child = fork(options.program, [options.folder], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: process.platform !== 'win32',
    });
    closeSync(log);
    this.send({ type: 'begin', ...(options.guide === undefined ? {} : { guide: options.guide }) });
    this.child.on('message', (raw) => this.hear(raw));
    this.ended = new Promise((resolve) => {
      // A program that cannot even be started ends like one that crashed.
      this.child.on('error', () => resolve(this.end(null, null)));
      this.child.on('exit', (code, signal) => resolve(this.end(code, signal)));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Asks it to write a checkpoint and end; kills it where it does not. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill(), this.options.patience ?? 10_000);
    await this.ended;
    clearTimeout(timer);
    // Workers of a process that ended in order have ended, too; whatever else is left of the group goes now.
    this.kill();
  }

  /** Ends the whole group at once. */
  kill(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.child.kill('SIGKILL');
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }

  private send(message: ToRunner): void {
    // One that is gone is told by 'exit'.
    this.child.send(message, () => undefined);
  }

  private hear(raw: unknown): void {
    const parsed = fromRunner.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.type === 'finished') this.told = { kind: 'finished', tokens: message.tokens, memory: message.memory };
    else if (message.type === 'stopped') this.told = { kind: 'stopped' };
    else if (message.type === 'failed') {
      const { reason, message: text, next } = message;
      this.told = { kind: 'failed', failure: { reason, message: text, next } };
    } else this.options.onMessage(message);
  }

  private async end(code: number | null, signal: NodeJS.Signals | null): Promise<RunEnd> {
    this.kill();
    if (this.told !== undefined) return this.told;
    const log = await readFile(logFile(this.options.folder), 'utf8').catch(() => '');
    return { kind: 'failed', failure: explainExit(code, signal, log.slice(-lastCharacters)) };
  }
}
