import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, connect } from '../../backend/rpc/client/connection';
import { readAttachment } from '../../backend/server/attach';
import { gone } from '../support/processes';
import { settledRun } from '../support/project';
import { useWorkbench } from './workbench';

describe('what a window leaves behind', () => {
  const workbench = useWorkbench();
  let run = '';

  /** Another client of the backend that serves the project. */
  async function client(): Promise<Connection> {
    const found = await readAttachment(join(workbench().folder, '.polymath'));
    assert.ok(found, 'no backend serves the project');
    return connect({ ...found, client: 'test' });
  }

  it('is a kept run, at work in the same process after a reload, without a gap in its curves', async function () {
    await workbench().openViews();
    await workbench().view('Runs').getByRole('button', { name: 'Import Sample Corpus' }).click();
    const runs = workbench().view('Runs');
    await runs.getByRole('treeitem', { name: /Import sample corpus, done in/ }).waitFor();
    const before = await client();
    const [{ id: dataset }] = (await before.call('datasets/list', {})).items;
    const split = { kind: 'split', dataset, method: 'unigram', k: 2 } as const;
    const { result = '' } = await settledRun(before, (await before.call('runs/start', { spec: split })).id);
    const train = { kind: 'train', clustering: result, tokens: 5_000_000, rank: 4, learningRate: 5e-3 } as const;
    ({ id: run } = await before.call('runs/start', { spec: train }));
    const row = runs.getByRole('treeitem', { name: /^Train experts/ });
    await workbench().chooseFromMenu(row, 'Keep Running After Window Closes');
    let told = 0;
    while (told === 0) told = (await before.call('runs/metrics', { run })).length;
    assert.equal((await before.call('runs/get', { run })).keep, true);
    await before.close();
    await workbench().session.load();
    await workbench().openViews();
    await row.filter({ hasText: '%' }).waitFor();
    const after = await client();
    assert.equal(after.hello.pid, before.hello.pid);
    const { state, attempt } = await after.call('runs/get', { run });
    assert.deepEqual([state, attempt], ['running', 1]);
    const metrics = await after.call('runs/metrics', { run });
    assert.ok(metrics.length >= told, `${metrics.length} of ${told} points`);
    assert.deepEqual(
      metrics.map(({ sequence }) => sequence),
      metrics.map((_, index) => index + 1),
    );
    await after.close();
  });

  it('is a file where a person wants it, which is not overwritten unasked', async () => {
    const { folder, page, quickInput } = workbench();
    const path = join(folder, 'Sample corpus.jsonl');
    await writeFile(path, 'mine');
    await workbench().run('Polymath: Export Dataset…');
    await workbench().shootThemes('export-format');
    await quickInput.getByRole('option', { name: 'JSON Lines' }).click();
    await quickInput.getByRole('button', { name: 'OK', exact: true }).waitFor();
    await workbench().shoot('export-place');
    await page.keyboard.press('Enter');
    await page
      .getByText(/already exists/)
      .first()
      .waitFor();
    assert.equal(await readFile(path, 'utf8'), 'mine');
    await workbench().shoot('export-overwrite');
    await page.keyboard.press('Enter');
    await workbench().notification(/Sample corpus is exported/);
    await workbench().shoot('exported');
    const [first] = (await readFile(path, 'utf8')).split('\n', 1);
    assert.ok('text' in (JSON.parse(first) as object), first);
    await workbench().clearNotifications();
  });

  it('is nothing but the own files once all data is removed, runs and backend among it', async () => {
    const { folder, page } = workbench();
    const backend = await client();
    const { pid } = backend.hello;
    assert.equal((await backend.call('runs/get', { run })).state, 'running');
    await backend.close();
    await workbench().run('Polymath: Remove All Data…');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(/1 run at work/).waitFor();
    await workbench().shootThemes('remove-all-data');
    await dialog.getByRole('button', { name: 'Remove All Data' }).click();
    await workbench().view('Datasets').getByText('There is no project in this folder yet').waitFor();
    await workbench().shoot('removed');
    assert.deepEqual(await readdir(folder, { recursive: true }), ['Sample corpus.jsonl']);
    await gone([pid]);
  });
});
