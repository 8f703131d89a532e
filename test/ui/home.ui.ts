import assert from 'node:assert/strict';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { readAttachment } from '../../backend/server/attach';
import { serveProject } from '../../backend/server/serve';
import { generatedCorpus } from '../support/corpus';
import { resultOf } from '../support/project';
import { hostile } from '../webview/example-tables';
import { assertNoOverflow, assertStrict, newClient, pageFrame, reload } from './pages';
import { useWorkbench } from './workbench';

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('Home', () => {
  const workbench = useWorkbench();
  let client: Connection;
  let clustering = '';

  after(() => client.close());

  const frame = (): FrameLocator => pageFrame(workbench().page);
  const steps = (): Locator => frame().getByRole('list', { name: 'Steps' });
  const step = (name: string, state: string): Locator =>
    steps().getByRole('listitem').filter({ hasText: name }).filter({ hasText: state });
  const part = (name: string): Locator => frame().getByRole('region', { name, exact: true });
  const button = (name: string): Locator => frame().getByRole('button', { name, exact: true });

  it('shows in a folder without a project how to begin, and makes none by looking', async () => {
    await workbench().openViews();
    await workbench().view('Datasets').hover();
    await workbench().view('Datasets').getByRole('button', { name: 'Home' }).click();
    await step('Corpus', 'next').waitFor();
    await assertStrict(workbench().page, 'home-page');
    await workbench().shootThemes('home-empty');
    assert.equal(await isThere(join(workbench().folder, '.polymath')), false);
  });

  it('does the next step with a click, and follows it', async () => {
    await button('Import Sample Corpus').click();
    await step('Corpus', 'done').waitFor();
    await step('Piles', 'next').waitFor();
    client = await newClient(workbench());
    await workbench().page.keyboard.press('Escape');
    await button('Split into Piles…').focus();
    await workbench().page.keyboard.press('Enter');
    await workbench().quickInput.getByText('Split into Piles').first().waitFor();
    await workbench().page.keyboard.press('Escape');
  });

  it('shows piles, experts with their gain, and the last evaluation with its interval, which lead on', async () => {
    const source = join(workbench().folder, 'corpus.jsonl');
    await writeFile(source, generatedCorpus(240));
    const dataset = await resultOf(client, { kind: 'import', source, nearDuplicates: 0, name: hostile.markup });
    clustering = await resultOf(client, { kind: 'split', dataset, method: 'unigram', k: 8, name: hostile.markup });
    await client.call('piles/rename', { clustering, pile: 1, name: hostile.long.slice(0, 200) });
    await client.call('piles/rename', { clustering, pile: 2, name: hostile.rightToLeft });
    const experts = await resultOf(client, { kind: 'train', clustering, rank: 4, tokens: 12_000 });
    await step('Weighting', 'next').waitFor();
    const mixer = await resultOf(client, { kind: 'mix', experts, weighting: 'recent' });
    await resultOf(client, { kind: 'evaluate', experts, mixer, dataset, testDocuments: 20 });
    await step('Evaluation', 'done').waitFor();
    await part('Last evaluation').getByText('perplexity of Mixture', { exact: true }).waitFor();
    await part('Model').getByText('parameters').waitFor();
    assert.equal(await frame().locator('img').count(), 0);
    // Piles without documents train nobody.
    const trained = await client.call('experts/get', { experts });
    assert.equal(await part('Experts').getByRole('rowheader').count(), trained.experts.length);
    await workbench().page.setViewportSize({ width: 1600, height: 1100 });
    await workbench().shootThemes('home');
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
    await workbench().shoot('home-usual');
    await part('Experts').scrollIntoViewIfNeeded();
    await workbench().shoot('home-bottom');
    await part('Corpus and piles').getByTitle('Open Digest of Pile').first().click();
    await workbench()
      .page.getByRole('tab', { name: /^Pile A/ })
      .waitFor();
    await workbench().run('Polymath: Home');
    await part('Last evaluation').getByRole('button').first().click();
    await pageFrame(workbench().page).getByRole('region', { name: 'Differences' }).waitFor();
    await workbench().run('View: Close Editor');
    await workbench().run('Polymath: Home');
  });

  it('shows runs as they go on, and pauses, resumes and stops them by key', async () => {
    const run = await client.call('runs/start', { spec: { kind: 'train', clustering, rank: 4, tokens: 5_000_000 } });
    await client.call('runs/start', { spec: { kind: 'train', clustering, rank: 4, tokens: 6000, seed: 2 } });
    const line = frame().locator(`[data-run="${run.id}"]`);
    const bar = line.getByRole('progressbar');
    await line.getByText(/left/).waitFor();
    assert.ok(Number(await bar.getAttribute('aria-valuenow')) < 100);
    await part('Work').getByText('waits for its turn').waitFor();
    await step('Experts', 'at work').waitFor();
    await workbench().shootThemes('home-at-work');
    for (const [name, words] of [
      ['Pause', 'paused'],
      ['Resume', 'left'],
      ['Stop', ''],
    ] as const) {
      await line.getByRole('button', { name, exact: true }).focus();
      await workbench().page.keyboard.press('Enter');
      if (words === '') await line.waitFor({ state: 'detached' });
      else await line.getByText(new RegExp(words)).waitFor();
    }
    assert.equal((await client.call('runs/get', { run: run.id })).state, 'cancelled');
  });

  it('is there again after a reload, says that the backend is stopped, and can be read in a narrow column', async () => {
    const { pid } = client.hello;
    await client.close();
    await reload(workbench());
    await step('Evaluation', 'done').waitFor();
    client = await newClient(workbench(), pid);
    await workbench().page.setViewportSize({ width: 700, height: 900 });
    await assertNoOverflow(frame(), 'Home');
    await workbench().shootThemes('home-narrow');
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
    await workbench().run('Polymath: Stop Backend');
    await frame().getByText('The backend is stopped.').waitFor();
    await workbench().shoot('home-stopped');
    await button('Start Backend').click();
    await step('Evaluation', 'done').waitFor();
  });
});

describe('Home that opens by itself', () => {
  const prepare = async (folder: string): Promise<void> => {
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(60));
    const served = await serveProject(join(folder, '.polymath'));
    await resultOf(served.backend, { kind: 'import', source: join(folder, 'corpus.jsonl') });
    await served.close();
  };
  const workbench = useWorkbench({ settings: { 'polymath.home.openByItself': true }, prepare });

  it('does so once in a folder with a project, says so, and starts nothing', async () => {
    const { folder, page } = workbench();
    const home = pageFrame(page);
    await home.getByText('Home opened by itself').waitFor();
    await home.getByText('The backend starts when it is needed.').waitFor();
    await workbench().shoot('home-by-itself');
    assert.equal(await readAttachment(join(folder, '.polymath')), undefined);
    const focused = await page.evaluate(() => {
      const { document } = globalThis as unknown as { document: { activeElement: { tagName: string } | null } };
      return document.activeElement?.tagName;
    });
    assert.notEqual(focused, 'IFRAME', 'it took the focus');
    await home.getByRole('button', { name: 'Start Backend' }).click();
    await home.getByRole('listitem').filter({ hasText: 'Piles' }).filter({ hasText: 'next' }).waitFor();
    await home.getByRole('button', { name: 'Do Not Open by Itself' }).click();
    await home.getByText('Home opened by itself').waitFor({ state: 'detached' });
    await workbench().run('View: Close Editor');
    await page.getByRole('tab', { name: 'Home' }).waitFor({ state: 'detached' });
    await reload(workbench());
    await workbench().openViews();
    await workbench().view('Datasets').getByRole('treeitem').first().waitFor();
    assert.equal(await page.getByRole('tab', { name: 'Home' }).count(), 0);
  });
});
