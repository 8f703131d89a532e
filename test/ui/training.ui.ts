import assert from 'node:assert/strict';
import type { FrameLocator, Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { assertStrict, newClient, pageFrame, prepareProject, reload } from './pages';
import { useWorkbench } from './workbench';
import { patience } from '../support/patience';

describe('the page of training curves', function () {
  const workbench = useWorkbench();
  let client: Connection;
  let run = '';

  before(async () => {
    const settings = { kind: 'train', rank: 4, learningRate: 5e-3 } as const;
    const prepared = await prepareProject(workbench(), (clustering) => [{ ...settings, clustering, tokens: 6000 }]);
    ({ client } = prepared);
    const { clustering } = prepared;
    ({ id: run } = await client.call('runs/start', { spec: { ...settings, clustering, tokens: 5_000_000 } }));
  });
  after(() => client.close());

  const frame = (): FrameLocator => pageFrame(workbench().page);
  const loss = (): Locator => frame().getByRole('region', { name: 'Loss, nats per token' });
  const box = (label: RegExp): Locator => loss().getByRole('checkbox', { name: label });
  const shown = (): Locator => frame().locator(`[data-run="${run}"]`);
  const pointsShown = async (): Promise<number> => Number(await shown().getAttribute('data-points'));

  /** Resolves when the page shows more points of the run than these. */
  async function growsBeyond(points: number): Promise<void> {
    const end = Date.now() + patience;
    while ((await pointsShown()) <= points) {
      assert.ok(Date.now() < end, `no more than ${points} points`);
      await frame()
        .locator(`[data-run="${run}"]:not([data-points="${await pointsShown()}"])`)
        .waitFor();
    }
  }

  it('opens with a click on a run, with a curve per expert, and compares it with one that is at work', async () => {
    await workbench()
      .view('Runs')
      .getByRole('treeitem', { name: /^Train experts, done in/ })
      .click();
    await box(/^C$/).waitFor();
    assert.deepEqual(await loss().getByRole('checkbox').count(), 4);
    await assertStrict(workbench().page, 'training-page');
    const figures = await frame().getByLabel('Figures', { exact: true }).innerText();
    assert.match(figures, /Tokens\s+[\d,]+\s+Tokens per Second\s+[\d,]+\s+Memory\s+[\d.]+ MiB\s+Device\s+processor/i);
    await frame().getByText('Settings', { exact: true }).click();
    await frame()
      .getByLabel('Settings', { exact: true })
      .getByText(/Training Tokens/)
      .waitFor();
    await workbench().shootThemes('training');
    await frame().getByRole('button', { name: 'Compare with Run…' }).click();
    await workbench()
      .quickInput.getByRole('option', { name: /^Train experts/ })
      .click();
    await growsBeyond(3);
    await workbench().shoot('training-compared');
  });

  it('is unbroken after the window was reloaded, and after the backend was killed', async () => {
    await box(/^A · 1/).uncheck();
    const before = await pointsShown();
    const { pid } = client.hello;
    await client.close();
    await reload(workbench());
    await box(/^A · 1/).waitFor();
    assert.equal(await box(/^A · 1/).isChecked(), false);
    await growsBeyond(before);
    client = await newClient(workbench(), pid);
    process.kill(client.hello.pid, 'SIGKILL');
    client = await newClient(workbench(), client.hello.pid);
    await growsBeyond(await pointsShown());
    const { attempt } = await client.call('runs/get', { run });
    assert.ok(attempt > 1, `attempt ${attempt}`);
    const metrics = await client.call('runs/metrics', { run });
    assert.deepEqual(
      metrics.map(({ sequence }) => sequence),
      metrics.map((_, index) => index + 1),
    );
    assert.ok((await pointsShown()) <= (await client.call('runs/metrics', { run })).length);
  });

  it('says how a run ended', async () => {
    await client.call('runs/cancel', { run });
    await shown().getByText('cancelled, can be resumed').waitFor();
    await frame()
      .getByText(/^done in/)
      .waitFor();
    await workbench().run('Polymath: Show Training Curves');
    await workbench()
      .quickInput.getByRole('option', { name: /^Split into 3 piles/ })
      .click();
    await frame().getByText('This run measured nothing that makes a curve.').waitFor();
  });
});
