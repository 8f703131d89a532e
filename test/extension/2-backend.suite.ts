import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Polymath } from '../../extension/polymath';
import { eventually, isAlive, polymath, reaches } from './support';

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
