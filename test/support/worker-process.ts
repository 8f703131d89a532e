import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** A worker of a queue in a process of its own, as a person starts it. */
export class WorkerProcess {
  readonly child: ChildProcess;
  said = '';

  constructor(artifacts: string, variables: NodeJS.ProcessEnv, ...flags: string[]) {
    const told = ['worker', '--artifacts', artifacts, '--device', 'cpu', ...flags];
    this.child = spawn(process.execPath, [resolve('dist/backend/cli/main.js'), ...told], {
      env: { ...process.env, NO_COLOR: '1', ...variables },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr?.on('data', (text: Buffer) => (this.said += text.toString('utf8')));
  }

  /** Until it has said this so many times. */
  async says(text: RegExp, times = 1): Promise<void> {
    while ([...this.said.matchAll(new RegExp(text, 'g'))].length < times) {
      const { exitCode, signalCode, stderr } = this.child;
      if (exitCode !== null || signalCode !== null) throw new Error(`the worker ended: ${this.said}`);
      await Promise.race([once(stderr ?? this.child, 'data'), once(this.child, 'exit')]);
    }
  }

  /** Asks it to leave, as Ctrl-C does. Returns how it ended. */
  async leave(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
