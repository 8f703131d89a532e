import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Connection, connect } from '../../backend/protocol/connection';
import { readAttachment } from '../../backend/server/attach';
import { useWorkbench } from './workbench';

describe('a run that is kept when the window closes', () => {
  const workbench = useWorkbench();
  let run = '';

  /** Another client of the backend that serves the project. */
  async function client(): Promise<Connection> {
    const found = await readAttachment(join(workbench().folder, '.polymath'));
    assert.ok(found, 'no backend serves the project');
    return connect({ ...found, client: 'test' });
  }

  it('is at work in the same process after a reload, without a gap in its curves', async function () {
    this.timeout(120_000);
    await workbench().openViews();
    await workbench().view('Runs').getByRole('button', { name: 'Import Sample Corpus' }).click();
    const runs = workbench().view('Runs');
    await runs.getByRole('treeitem', { name: /Import sample corpus, done in/ }).waitFor();
    const before = await client();
    const [{ id: dataset }] = (await before.call('datasets/list', {})).items;
    ({ id: run } = await before.call('runs/start', { spec: { kind: 'split', dataset, k: 6, rounds: 8, prefix: 64 } }));
    const row = runs.getByRole('treeitem', { name: /^Split into 6 piles/ });
    await row.click({ button: 'right' });
    await workbench().page.getByRole('menuitem', { name: 'Keep Running After Window Closes' }).click();
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
});
