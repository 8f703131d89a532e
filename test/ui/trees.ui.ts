import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { splitSample } from './sample';
import { useWorkbench } from './workbench';

describe('the trees of a window', function () {
  const workbench = useWorkbench();
  let dataset = '';
  let clustering = '';
  let client: Connection;

  before(async () => {
    ({ client, dataset, clustering } = await splitSample(workbench()));
    // More room for the trees.
    for (const name of ['Experts', 'Runs']) await heading(name).click();
  });
  after(() => client.close());

  const heading = (name: string): Locator => workbench().page.getByRole('button', { name: `${name} Section` });
  const row = (view: string, name: RegExp): Locator => workbench().view(view).getByRole('treeitem', { name }).first();

  async function expand(item: Locator): Promise<void> {
    await item.locator('.monaco-tl-twistie').click();
  }

  /** The rows of the documents that a pile shows, by their ids. */
  async function idsIn(pile: number): Promise<string[]> {
    const shown = { clustering, pile, order: 'confidence', limit: 5 } as const;
    return (await client.call('piles/documents', shown)).items.map(({ id }) => id);
  }

  const documentRow = (id: string): Locator => row('Piles', new RegExp(`^${id},`));

  it('show a dataset and its documents, a split and its piles, the surest documents first', async () => {
    await row('Datasets', /^Train, /).waitFor();
    await row('Piles', /^Split By words, Unigram EM, 4 piles, purity/).waitFor();
    await row('Piles', /^Pile A, .* documents, \d+ %, \d+ % /).waitFor();
    await workbench().shootThemes('trees');
    await expand(row('Datasets', /^Test, /));
    await expand(row('Piles', /^Pile A, /));
    const [first] = await idsIn(0);
    await documentRow(first).waitFor();
    await workbench().shootThemes('trees-documents');
    // What stands below is drawn only where it is to be seen.
    await expand(row('Datasets', /^Test, /));
  });

  it('move a document by drag onto a pile, and take it back by key', async () => {
    await expand(row('Piles', /^Pile A, /));
    await expand(row('Piles', /^Pile B, /));
    const [id] = await idsIn(1);
    const before = await idsIn(0);
    await documentRow(id).dragTo(row('Piles', /^Pile A, /));
    await documentRow(id).waitFor({ state: 'detached' });
    assert.deepEqual(await idsIn(0), [id, ...before.slice(0, 4)]);
    await workbench().shoot('tree-moved');
    await row('Piles', /^Pile A, /).press('Control+z');
    await documentRow(id).waitFor();
    assert.deepEqual(await idsIn(0), before);
    await expand(row('Piles', /^Pile B, /));
    await expand(row('Piles', /^Pile A, /));
  });

  it('open a document by a click, which leaves the focus in the tree, and by Enter, which goes in', async () => {
    const [first, second] = await idsIn(0);
    const { page } = workbench();
    const focused = page.locator('.editor-instance:focus-within');
    await documentRow(first).click();
    await page.locator('.editor-instance .view-line').first().waitFor();
    assert.equal(await focused.count(), 0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await focused.waitFor();
    await page.locator(`.monaco-list-row.selected[aria-label^="${second},"]`).waitFor();
    await workbench().shootThemes('tree-names');
    await workbench().run('View: Close All Editors');
  });

  it('move the selected documents by their menu, into a pile that is chosen from a list', async () => {
    const [first, second] = await idsIn(0);
    await documentRow(first).click();
    await documentRow(second).click({ modifiers: ['Control'] });
    await documentRow(second).click({ button: 'right' });
    await workbench().page.getByRole('menuitem', { name: 'Move to Pile…' }).waitFor();
    await workbench().shootThemes('tree-menu');
    await workbench().chooseFromMenu(documentRow(second), 'Move to Pile…');
    await workbench().quickInput.getByText('Move 2 documents to Pile').waitFor();
    await workbench().shootThemes('tree-move');
    await workbench().quickInput.getByRole('option', { name: /^C / }).click();
    await documentRow(first).waitFor({ state: 'detached' });
    assert.deepEqual(new Set((await idsIn(2)).slice(0, 2)), new Set([first, second]));
    await workbench().run('Polymath: Undo Last Change');
    await documentRow(first).waitFor();
  });

  it('link two documents, which the dataset shows', async () => {
    const [first, second] = await idsIn(0);
    await documentRow(first).click();
    await documentRow(second).click({ modifiers: ['Control'] });
    await workbench().chooseFromMenu(documentRow(second), 'Link: Must Not Share a Pile');
    await row('Datasets', /^Links, 1 link/).waitFor();
    await workbench().shoot('tree-links');
    assert.equal((await client.call('links/list', { dataset })).total, 1);
  });

  it('rename a pile by key', async () => {
    await row('Piles', /^Pile A, /).click();
    await row('Piles', /^Pile A, /).press('F2');
    await workbench().quickInput.locator('input').fill('Learned prose');
    await workbench().page.keyboard.press('Enter');
    await row('Piles', /^Pile A, Learned prose/).waitFor();
  });

  it('remove a split once a person has read what goes and what stays', async () => {
    await workbench().chooseFromMenu(row('Piles', /^Split By words/), 'Remove Split…');
    const dialog = workbench().page.getByRole('dialog');
    await dialog.getByText('The dataset with its links stays').waitFor();
    await workbench().shootThemes('tree-remove');
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await workbench().view('Piles').getByText('Piles appear here once a dataset is split').waitFor();
    assert.equal((await client.call('splits/list', {})).total, 0);
  });
});
