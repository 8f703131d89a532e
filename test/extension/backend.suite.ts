import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Polymath } from '../../extension/polymath';
import { eventually, isAlive, polymath, reaches } from './support';

/** Processor time that a process has used so far, seconds. */
async function processorSeconds(pid: number): Promise<number> {
  // The fields after the name, which is in parentheses; ticks of a hundredth of a second.
  const [, fields] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(/\) /);
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
}

describe('the backend of a window', () => {
  let parts: Polymath;

  before(async () => {
    parts = await polymath();
  });

  it('starts when it is first asked, with a real Node', async () => {
    const { client } = parts;
    assert.equal(await client.mayLook(), false, 'a folder without a project is not made one by looking');
    const { pid } = await client
      .call('project/info', {})
      .then(() => reaches(parts, 'ready'))
      .then(({ hello }) => hello);
    assert.notEqual(pid, process.pid);
    assert.ok(isAlive(pid));
    assert.equal(await client.mayLook(), true);
  });

  it('leaves ONNX Runtime and DuckDB to other processes', () => {
    const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
    const loaded = [...sharedObjects, ...Object.keys(require.cache)];
    assert.ok(
      loaded.some((path) => path.includes('dist/extension/main.cjs')),
      'the list shows nothing of the extension',
    );
    assert.deepEqual(
      loaded.filter((path) => /onnxruntime|duckdb/i.test(path)),
      [],
    );
  });

  it('does nothing, as the extension does, while nobody asks for anything', async () => {
    const { hello } = await reaches(parts, 'ready');
    const used = (): Promise<number[]> => Promise.all([process.pid, hello.pid].map(processorSeconds));
    const before = await used();
    await sleep(10_000);
    const [host, backend] = (await used()).map((seconds, i) => seconds - before[i]);
    // The host serves the editor's own extensions, too.
    assert.ok(host < 1 && backend < 0.5, `in 10 s the host worked for ${host} s, the backend for ${backend} s`);
  });

  it('comes back after kill -9, and says so', async () => {
    const { hello } = await reaches(parts, 'ready');
    process.kill(hello.pid, 'SIGKILL');
    await reaches(parts, 'starting');
    const { hello: next, crash } = await reaches(parts, 'ready');
    assert.equal(crash?.signal, 'SIGKILL');
    assert.notEqual(next.pid, hello.pid);
  });

  it('is stopped and started by command', async () => {
    const { hello } = await reaches(parts, 'ready');
    await vscode.commands.executeCommand('polymath.backend.stop');
    assert.deepEqual(parts.client.state, { kind: 'stopped', byUser: true });
    assert.equal(isAlive(hello.pid), false);
    assert.equal(await parts.client.mayLook(), false, 'who only looks does not start what a person stopped');
    await vscode.commands.executeCommand('polymath.backend.start');
    await reaches(parts, 'ready');
  });

  it('ends with the window', async () => {
    const { hello } = await reaches(parts, 'ready');
    parts.client.close();
    await eventually(() => assert.equal(isAlive(hello.pid), false));
  });
});
