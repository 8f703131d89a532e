import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { serveProject } from '../../backend/server/serve';
import { generatedCorpus } from '../support/corpus';
import { resultOf } from '../support/project';
import { newClient } from './pages';
import { useWorkbench } from './workbench';

describe('piles as a whole', function () {
  const workbench = useWorkbench();
  let client: Connection;
  let dataset = '';
  let clustering = '';

  const row = (name: RegExp): Locator => workbench().view('Piles').getByRole('treeitem', { name }).first();

  before(async () => {
    const source = join(workbench().folder, 'noisy.jsonl');
    const tables = Array.from({ length: 9 }, (_, i) => ({ text: '|   |   |\n'.repeat(12 + i), domain: 'table' }));
    await writeFile(source, generatedCorpus(150) + tables.map((table) => `${JSON.stringify(table)}\n`).join(''));
    const served = await serveProject(join(workbench().folder, '.polymath'));
    dataset = await resultOf(served.backend, { kind: 'import', source });
    const em = { method: 'em', k: 3, rounds: 1, prefix: 32, tokensPerRound: 1000 } as const;
    clustering = await resultOf(served.backend, { kind: 'split', dataset, ...em, name: 'By experts' });
    await served.close();
    await workbench().openViews();
    client = await newClient(workbench());
    await row(/^Split By experts/).waitFor();
  });
  after(() => client.close());

  it('show the documents that fit none of them, which are taken out of runs at once', async () => {
    const shown = { clustering, outliers: true, limit: 100 } as const;
    const { items } = await client.call('piles/documents', shown);
    assert.ok(items.length > 0);
    const outliers = row(/^Outliers, /);
    await outliers.click();
    await workbench().shootThemes('outliers');
    await outliers.getByRole('button', { name: 'Exclude Outliers from Runs' }).click();
    await workbench()
      .page.getByText(/documents? out of all runs from now on/)
      .first()
      .waitFor();
    const indices = items.map(({ index }) => index);
    const rows = await client.call('documents/at', { dataset, indices });
    assert.ok(rows.every(({ excluded }) => excluded === true));
    const undone = await client.call('labels/undo', { clustering });
    assert.equal(undone.exclusions.length, items.length);
  });

  it('have a report of how they came about', async () => {
    await workbench().chooseFromMenu(row(/^Split By experts/), 'Report of Split');
    const text = workbench().page.locator('.editor-instance .view-lines');
    await text.getByText('## What happened').waitFor();
    await text
      .getByText(/Where.a.document.belongs.was.decided/)
      .first()
      .waitFor();
    await workbench().shootThemes('split-report');
  });

  it('are divided by their menu into a new split, and the others stay', async () => {
    const { page, quickInput } = workbench();
    await row(/^Pile A, /).click({ button: 'right' });
    await workbench().shootThemes('pile-menu');
    await workbench().chooseFromMenu(row(/^Pile A, /), 'Divide Pile…');
    await quickInput.getByText(/Number of parts; all other piles stay as they are/).waitFor();
    await page.keyboard.press('Enter');
    const method = quickInput.getByRole('option', { name: /^K-means/ });
    await method.waitFor();
    await workbench().shootThemes('divide');
    await method.click();
    await row(/^Split K-means, tf-idf, k = 4/).waitFor();
    const { items } = await client.call('splits/list', {});
    const sizes = items.map(({ piles }) => piles.map(({ size }) => size));
    const [divided, before] = [4, 3].map((k) => sizes.find((list) => list.length === k) ?? assert.fail(`${k} piles`));
    assert.deepEqual(divided.slice(1, 3), before.slice(1));
    assert.equal(divided[0] + divided[3], before[0]);
  });

  it('are parted again where a guide had joined them', async () => {
    const { page, quickInput } = workbench();
    const guided = { method: 'llm', k: 3, guide: 'likelihood', microClusters: 9, name: 'By a guide' } as const;
    const guidedSplit = await resultOf(client, { kind: 'split', dataset, ...guided });
    await row(/^Split By a guide/).click();
    await workbench().run('Polymath: Undo Union…');
    await quickInput.getByRole('option', { name: /union 6/ }).waitFor();
    await workbench().shootThemes('undo-union');
    await page.keyboard.press('Enter');
    await row(/^Split Without union 6: By a guide/).waitFor();
    const { items } = await client.call('splits/list', {});
    const undone = items.find(({ settings }) => settings.from === guidedSplit);
    assert.deepEqual([undone?.k, undone?.settings.undone], [4, '6']);
  });
});
