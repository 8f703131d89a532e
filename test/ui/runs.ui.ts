import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import type { RunRecord } from '../../backend/protocol/run';
import type { Connection } from '../../backend/rpc/client/connection';
import { serveProject } from '../../backend/server/serve';
import { generatedCorpus } from '../support/corpus';
import { resultOf } from '../support/project';
import { hostile } from '../webview/example-tables';
import { assertNoOverflow, assertStrict, newClient, pageFrame, reload } from './pages';
import { useWorkbench } from './workbench';

/** Runs that were, as their records tell. */
const many = 3000;

describe('the page of runs', () => {
  const workbench = useWorkbench();
  let client: Connection;
  const trained: string[] = [];

  before(async () => {
    const { folder } = workbench();
    const project = join(folder, '.polymath');
    const source = join(folder, 'corpus.jsonl');
    await writeFile(source, generatedCorpus(240));
    const served = await serveProject(project);
    const { backend } = served;
    const dataset = await resultOf(backend, { kind: 'import', source, nearDuplicates: 0 });
    const clustering = await resultOf(backend, { kind: 'split', dataset, method: 'unigram', k: 3 });
    for (const tokens of [6000, 9000]) {
      const experts = await resultOf(backend, { kind: 'train', clustering, rank: 4, tokens });
      trained.push(String((await backend.call('experts/get', { experts })).run));
      await resultOf(backend, { kind: 'evaluate', experts, dataset, testDocuments: 10 });
    }
    await served.close();
    for (let i = 0; i < many; i++) {
      const run = formerRun(i);
      await mkdir(join(project, 'runs', run.id));
      await writeFile(join(project, 'runs', run.id, 'run.json'), JSON.stringify(run));
    }
    await workbench().openViews();
    client = await newClient(workbench());
  });
  after(() => client.close());

  const frame = (): FrameLocator => pageFrame(workbench().page);
  const grid = (): Locator => frame().getByRole('grid', { name: 'Runs' });
  const rows = (): Locator => grid().locator('tbody tr[id]');
  const part = (name: string): Locator => frame().getByRole('region', { name, exact: true });
  const press = (key: string): Promise<void> => workbench().page.keyboard.press(key);
  const filter = (): Locator => frame().locator('vscode-textfield input');

  it('opens from the head of its view, sorts, and makes only the rows that are seen', async () => {
    await workbench().view('Runs').hover();
    await workbench().view('Runs').getByRole('button', { name: 'Open Runs Page' }).click();
    await frame()
      .getByText(`${(many + 6).toLocaleString('en-US')} runs`, { exact: true })
      .waitFor();
    await assertStrict(workbench().page, 'runs-page');
    assert.ok((await rows().count()) < 100, 'every row was made');
    await grid().getByRole('columnheader', { name: 'Perplexity' }).getByRole('button').click();
    await rows().first().getByText('Evaluate experts and mixture').waitFor();
    assert.equal(await frame().locator('img').count(), 0);
    await workbench().page.setViewportSize({ width: 1600, height: 900 });
    await workbench().shootThemes('runs-page');
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
    await grid().focus();
    await press('End');
    await rows().last().locator('xpath=self::*[contains(@class, "active")]').waitFor();
    await press('Home');
    await rows().first().locator('xpath=self::*[contains(@class, "active")]').waitFor();
  });

  it('filters as one types, and by kind and state', async () => {
    const began = performance.now();
    await filter().fill('train 9,000');
    await frame().getByText(new RegExp(`^1 of `)).waitFor();
    const took = performance.now() - began;
    assert.ok(took < 10_000, `a filter took ${took} ms`);
    await filter().fill('nothing like it');
    await frame().getByText('No run fits these filters.').waitFor();
    await workbench().shoot('runs-none');
    await filter().fill('');
    await frame().getByRole('combobox', { name: 'State' }).click();
    await frame().getByRole('option', { name: 'failed' }).click();
    await frame()
      .getByText(/ of 3,006 runs$/)
      .waitFor();
    await workbench().shoot('runs-failed');
    await frame().getByRole('combobox', { name: 'State' }).click();
    await frame().getByRole('option', { name: 'All States' }).click();
  });

  it('takes notes and tags by key in their place, and keeps them', async () => {
    await filter().fill('train experts 6,000');
    await rows().first().waitFor();
    await grid().focus();
    await press('ArrowDown');
    await press('n');
    await workbench().page.keyboard.type(hostile.markup);
    await press('Enter');
    await rows().first().getByText(hostile.markup).waitFor();
    await press('t');
    await workbench().page.keyboard.type('base, keep ,base');
    await press('Enter');
    await rows().first().getByText('keep', { exact: true }).waitFor();
    await press('n');
    await workbench().page.keyboard.type('forgotten');
    await press('Escape');
    await rows().first().getByText(hostile.markup).waitFor();
    const notes = await client.call('runs/notes', {});
    assert.deepEqual(notes, [{ run: trained[0], note: hostile.markup, tags: ['base', 'keep'] }]);
    await filter().fill('keep');
    await frame()
      .getByText(/^1 of /)
      .waitFor();
    await filter().fill('');
  });

  it('compares chosen runs: what differs, their figures and their curves', async () => {
    await filter().fill('train experts');
    await rows().nth(1).waitFor();
    await grid().focus();
    await press('Home');
    await press('Space');
    await press('ArrowDown');
    await press('Space');
    await part('Comparison').getByRole('rowheader', { name: 'Training Tokens' }).waitFor();
    const cells = part('Comparison')
      .getByRole('row', { name: /^Training Tokens/ })
      .getByRole('cell');
    assert.deepEqual((await cells.allInnerTexts()).sort(), ['6,000 tokens', '9,000 tokens']);
    await part('Comparison').getByRole('rowheader', { name: 'Validation loss' }).waitFor();
    await workbench().shootThemes('runs-compared');
    const { pid } = client.hello;
    await client.close();
    await reload(workbench());
    client = await newClient(workbench(), pid);
    await part('Comparison').getByRole('rowheader', { name: 'Training Tokens' }).waitFor();
    await workbench().page.setViewportSize({ width: 700, height: 900 });
    await assertNoOverflow(frame(), 'the page of runs');
    await workbench().shoot('runs-narrow');
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
    await frame().getByRole('button', { name: 'Show Curves of 2' }).click();
    for (const run of trained) await frame().locator(`[data-run="${run}"]`).waitFor();
  });

  it('opens what a run made by key, and shows runs as they begin and go', async () => {
    await workbench().run('Polymath: Open Runs Page');
    await filter().fill('evaluate');
    await rows().first().waitFor();
    await grid().focus();
    await press('ArrowDown');
    await press('Enter');
    await frame().getByRole('region', { name: 'Differences' }).waitFor();
    await workbench().run('Polymath: Open Runs Page');
    await filter().fill('broken');
    await writeFile(join(workbench().folder, 'broken.csv'), '');
    const { id } = await client.call('runs/start', {
      spec: { kind: 'import', source: join(workbench().folder, 'broken.csv') },
    });
    const row = frame().locator(`[id="${id}"]`);
    await row.getByText(/^failed/).waitFor();
    await workbench().shoot('runs-broken');
    await client.call('runs/remove', { run: id });
    await row.waitFor({ state: 'detached' });
  });
});

/** One of another day: of a kind that is known, or of one that is not. */
function formerRun(i: number): RunRecord {
  const states = ['done', 'failed', 'cancelled', 'interrupted'] as const;
  const state = states[i % states.length];
  return {
    id: `run-former${String(i).padStart(5, '0')}`,
    spec:
      i % 7 === 0 ? { kind: hostile.markup } : { kind: 'mix', experts: 'experts-gone', weighting: 'recent', seed: i },
    state,
    created: new Date(Date.UTC(2025, 0, 1) + i * 60_000).toISOString(),
    attempt: 1,
    seconds: (i * 37) % 1000,
    inputs: {},
    ...(state === 'failed' && {
      failure: { reason: 'user-error', message: hostile.rightToLeft, next: 'Try another one.' },
    }),
    actual: { tokens: 1000 * (i % 50), seconds: 1 + (i % 13), memory: 200 },
  };
}
