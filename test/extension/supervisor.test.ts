import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Launch } from '../../extension/backend/process';
import { type Health, Supervisor } from '../../extension/backend/supervisor';
import { gone } from '../support/processes';

const ready = `process.stdout.write(JSON.stringify({
  polymath: 'ready', port: 1, token: 'secret', pid: process.pid, folder: '/' }) + '\\n');`;
/** Ends when its standard input does, as the backend. */
const ending = `process.stdin.resume().on('end', () => process.exit());`;

describe('the supervisor of the backend', () => {
  let supervisor: Supervisor;
  let seen: Health[];
  let launches: number;
  /** Processes that were started, by their ids. */
  let pids: number[];

  /** Supervises programs of one line of JavaScript: the first start runs the first one, the last one is run from then on. */
  function supervise(programs: readonly string[], more: Partial<Launch> = {}): void {
    [seen, launches, pids] = [[], 0, []];
    supervisor = new Supervisor({
      pauses: [5, 5, 5, 5],
      launch: () => {
        const script = programs[Math.min(launches++, programs.length - 1)];
        return Promise.resolve({ command: process.execPath, args: ['-e', script], env: process.env, ...more });
      },
      onHealth: (health) => {
        seen.push(health);
        if (health.state === 'ready') pids.push(health.address.pid);
      },
    });
    supervisor.start();
  }

  /** Resolves when the supervisor says so for the n-th time. */
  async function reaches<S extends Health['state']>(state: S, times = 1): Promise<Extract<Health, { state: S }>> {
    for (let waited = 0; waited < 20_000; waited += 10) {
      const found = seen.filter((health): health is Extract<Health, { state: S }> => health.state === state);
      if (found.length >= times) return found[times - 1];
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`never ${state}: ${JSON.stringify(seen)}`);
  }

  afterEach(async () => {
    await supervisor.stop();
    await gone(pids);
  });

  it('starts a program and tells where it listens', async () => {
    supervise([ready + ending]);
    const { address } = await reaches('ready');
    assert.deepEqual({ ...address, pid: 0 }, { port: 1, token: 'secret', pid: 0, elsewhere: false });
    assert.equal(launches, 1);
  });

  it('starts it again after a crash, but not for ever: the fifth within minutes is the last', async () => {
    supervise([`console.error('out of luck'); ` + ready + ending]);
    for (let crash = 1; crash <= 5; crash++) {
      const { address } = await reaches('ready', crash);
      process.kill(address.pid, 'SIGKILL');
    }
    const { error } = await reaches('failed');
    assert.match(error.message, /ended unexpectedly 5 times.*SIGKILL.*out of luck/s);
    assert.equal(launches, 5);
    assert.deepEqual(seen.slice(-1)[0]?.state, 'failed');
  });

  it('forgets crashes when a person starts it', async () => {
    supervise([`process.exit(3)`, ready + ending]);
    await reaches('failed');
    supervisor.start();
    await reaches('ready');
  });

  it('tells why a program says that it cannot start, and does not try again', async () => {
    supervise([`console.log('{"polymath":"failed","message":"The disk is full.","next":"Free some space."}')`]);
    const { error } = await reaches('failed');
    assert.deepEqual([error.message, error.next], ['The disk is full.', 'Free some space.']);
    assert.equal(launches, 1);
  });

  it('quotes the last words of a program that ends before it listens', async () => {
    supervise([`console.error('Cannot find module onnxruntime_binding'); process.exitCode = 7`]);
    const { error } = await reaches('failed');
    assert.match(error.message, /ended with code 7 before it listened.*Cannot find module onnxruntime_binding/s);
  });

  it('tries again where it was killed before it listened', async () => {
    supervise([`process.kill(process.pid, 'SIGKILL')`, ready + ending]);
    await reaches('ready');
    assert.equal(launches, 2);
  });

  it('gives up a program that says nothing, and ends it', async () => {
    supervise([`console.error(process.pid); ` + ending], {
      readyMilliseconds: 2000,
      onLine: (line) => pids.push(Number(line)),
    });
    const { error } = await reaches('failed');
    assert.match(error.message, /did not say within 2 s where it listens/);
    assert.equal(pids.length, 1);
  });

  it('refuses a program of another kind or version', async () => {
    supervise([`console.log('Hello from another program')`]);
    const { error } = await reaches('failed');
    assert.match(error.message, /unknown line: Hello from another program/);
  });

  it('names a program that cannot be run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    supervise([''], { command: join(folder, 'node') });
    const { error } = await reaches('failed');
    assert.match(error.message, /cannot be started: .*ENOENT/);
    await rm(folder, { recursive: true });
  });

  it('uses the backend of another process, and starts its own when that is gone', async () => {
    supervise([
      `console.log('{"polymath":"elsewhere","port":2,"token":"secret","pid":1,"folder":"/"}')`,
      ready + ending,
    ]);
    const { address } = await reaches('ready');
    assert.deepEqual(address, { port: 2, token: 'secret', pid: 1, elsewhere: true });
    pids.pop();
    supervisor.replace();
    assert.equal((await reaches('ready', 2)).address.elsewhere, false);
    assert.ok(!seen.some(({ state }) => state === 'waiting'), 'that is no crash');
  });

  it('kills a program that does not end when it is asked to', async () => {
    supervise([ready + `setInterval(() => {}, 1000)`], { stopMilliseconds: 200 });
    const { address } = await reaches('ready');
    await supervisor.stop();
    await gone([address.pid]);
    assert.equal(supervisor.health.state, 'stopped');
  });

  it('does not believe a program that was stopped while it started', async () => {
    supervise([`setTimeout(() => { ${ready} }, 100); ` + ending, ready + ending]);
    await supervisor.stop();
    supervisor.start();
    await reaches('ready');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(
      seen.map(({ state }) => state),
      ['starting', 'stopped', 'starting', 'ready'],
    );
  });

  it('waits for the last process before it starts the next', async () => {
    const slow = `process.stdin.resume().on('end', () => setTimeout(() => process.exit(), 300));`;
    supervise([ready + slow, ready + ending]);
    const { address } = await reaches('ready');
    void supervisor.stop();
    supervisor.start();
    await reaches('ready', 2);
    assert.throws(() => process.kill(address.pid, 0));
  });
});
