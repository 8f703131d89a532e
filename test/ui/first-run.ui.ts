import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, connect } from '../../backend/rpc/client/connection';
import { readAttachment } from '../../backend/server/attach';
import { descendantsOf, gone } from '../support/processes';
import { useWorkbench } from './workbench';

describe('the first run in a window', () => {
  const workbench = useWorkbench({ trusted: false });

  /** Backends that the editor has started. */
  async function backends(): Promise<number[]> {
    const found: number[] = [];
    for (const pid of await descendantsOf(workbench().session.server.pid)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes('dist/backend/server/main.js')) found.push(pid);
    }
    return found;
  }

  /** Another client of the window's backend. */
  async function client(folder: string): Promise<Connection> {
    const found = await readAttachment(join(folder, '.polymath'));
    assert.ok(found, 'no backend serves the project');
    return connect({ ...found, client: 'test' });
  }

  it('explains why nothing happens in a folder that is not trusted, and starts nothing there', async () => {
    await workbench().openViews();
    for (const name of ['Datasets', 'Piles', 'Experts', 'Runs']) {
      await workbench().view(name).getByText('This workspace is not trusted').waitFor();
    }
    await workbench().shoot('untrusted');
    await workbench().run('Polymath: Start Backend');
    await workbench().notification(/not trusted/);
    await workbench().clearNotifications();
    assert.deepEqual(await backends(), []);
  });

  it('offers to import once the folder is trusted, and shows how the import goes', async () => {
    const { page } = workbench().session;
    await workbench().run('Workspaces: Manage Workspace Trust');
    await page
      .getByRole('button', { name: /^Trust/ })
      .first()
      .click();
    await workbench().view('Runs').getByText('There is no project in this folder yet').waitFor();
    assert.deepEqual(await backends(), []);
    await workbench().shootThemes('no-project');
    await workbench().view('Runs').getByRole('button', { name: 'Import Sample Corpus' }).click();
    await workbench()
      .view('Runs')
      .getByRole('treeitem', { name: /Import sample corpus, done in/ })
      .waitFor();
    assert.equal((await backends()).length, 1);
    await workbench().shootThemes('runs');
  });

  it('opens the log of a run from its row, and shows what it says', async () => {
    const { page } = workbench().session;
    await workbench().view('Runs').getByRole('treeitem').first().hover();
    await workbench().view('Runs').getByRole('button', { name: 'Open Log of Run' }).first().click();
    await page.getByRole('tab', { name: /Import sample corpus\.log/ }).waitFor();
    await workbench().shoot('log');
  });

  it('lists what the machine has, from the item in the status bar', async () => {
    await workbench().statusItem.click();
    await workbench().quickInput.getByRole('option', { name: 'Check Environment' }).waitFor();
    await workbench().shoot('actions');
    await workbench().quickInput.getByRole('option', { name: 'Check Environment' }).click();
    await workbench()
      .quickInput.getByRole('option', { name: /ONNX Runtime/ })
      .waitFor();
    await workbench().shootThemes('environment');
    await workbench().page.keyboard.press('Escape');
  });

  it('says that the backend was killed and runs again', async () => {
    const [killed] = await backends();
    process.kill(killed, 'SIGKILL');
    await workbench().notification(/was killed by SIGKILL and was started again/);
    await workbench().shoot('killed');
    await workbench().clearNotifications();
    await workbench().statusItem.hover();
    await workbench().page.getByText('The backend is ready').first().waitFor();
    await workbench().shoot('status');
    assert.deepEqual((await backends()).includes(killed), false);
  });

  it('gives up after the fifth crash, once and in words, and starts again when a person says so', async function () {
    for (let crash = 2; crash <= 5; crash++) {
      let [pid] = await backends();
      while (pid === undefined) [pid] = await backends();
      process.kill(pid, 'SIGKILL');
      await gone([pid]);
    }
    await workbench().notification(/ended unexpectedly 5 times/);
    await workbench().view('Runs').getByText('The backend does not run').waitFor();
    await workbench().shootThemes('failed');
    assert.deepEqual(await backends(), []);
    await workbench().clearNotifications();
    await workbench().view('Runs').getByRole('button', { name: 'Restart Backend' }).click();
    await workbench()
      .view('Runs')
      .getByRole('treeitem', { name: /Import sample corpus/ })
      .waitFor();
  });

  it('goes on with a run when the window was reloaded, without a gap in its curves', async function () {
    const { folder, session } = workbench();
    const row = workbench()
      .view('Runs')
      .getByRole('treeitem', { name: /^Split into 6 piles/ });
    const before = await client(folder);
    const [dataset] = (await before.call('datasets/list', {})).items;
    const spec = { kind: 'split', dataset: dataset.id, k: 6, start: 'unigram', rounds: 8, prefix: 64 } as const;
    const { id } = await before.call('runs/start', { spec });
    await row.filter({ hasText: '%' }).waitFor();
    await workbench().shootThemes('running');
    let told = 0;
    while (told === 0) told = (await before.call('runs/metrics', { run: id })).length;
    await session.load();
    await workbench().openViews();
    await row.filter({ hasText: '%' }).waitFor();
    const after = await client(folder);
    assert.notEqual(after.hello.pid, before.hello.pid);
    const run = await after.call('runs/get', { run: id });
    assert.deepEqual([run.state, run.attempt], ['running', 2]);
    await row.hover();
    await row.getByRole('button', { name: 'Cancel Run' }).click();
    await row.filter({ hasText: 'cancelled' }).waitFor();
    const metrics = await after.call('runs/metrics', { run: id });
    assert.ok(metrics.length >= told, `${metrics.length} of ${told} points`);
    assert.deepEqual(
      metrics.map(({ sequence }) => sequence),
      metrics.map((_, index) => index + 1),
    );
    await after.close();
  });

  it('leaves no process behind when the window is closed, and has words for an empty one', async () => {
    const running = await backends();
    assert.equal(running.length, 1);
    await workbench().session.load('');
    await workbench().openViews();
    await workbench().view('Runs').getByText('the folder that is open').waitFor();
    await workbench().shoot('no-folder');
    await gone(running);
  });
});
