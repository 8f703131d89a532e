import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { splitSample } from './sample';
import { useWorkbench } from './workbench';

describe('a document in the editor', function () {
  const workbench = useWorkbench();
  let clustering = '';
  let client: Connection;

  before(async () => {
    ({ client, clustering } = await splitSample(workbench()));
  });
  after(() => client.close());

  const row = (view: string, name: RegExp): Locator => workbench().view(view).getByRole('treeitem', { name }).first();
  const lens = (text: RegExp): Locator => workbench().lens(text);
  const press = (key: string): Promise<void> => workbench().page.keyboard.press(key);
  const status = (): Locator => workbench().labellingItem;

  async function surest(pile: number): Promise<number[]> {
    const shown = { clustering, pile, order: 'confidence', limit: 3 } as const;
    return (await client.call('piles/documents', shown)).items.map(({ index }) => index);
  }

  async function pileOf(document: number): Promise<number | undefined> {
    return (await client.call('piles/find', { clustering, document }))?.row.pile;
  }

  it('opens from its row, and says above its text where it lies', async () => {
    await row('Piles', /^Pile A, /).waitFor();
    await row('Piles', /^Pile A, /)
      .locator('.monaco-tl-twistie')
      .click();
    const [{ id }] = (await client.call('piles/documents', { clustering, pile: 0, order: 'confidence', limit: 1 }))
      .items;
    await row('Piles', new RegExp(`^${id},`)).dblclick();
    await lens(/^Pile A · /).waitFor();
    await workbench().shootThemes('document');
  });

  it('is labelled by keys, which mean nothing elsewhere', async () => {
    const [first, second] = await surest(0);
    // For good there is one such line.
    await workbench().page.getByTitle('Go through the pile by keys').nth(1).waitFor({ state: 'detached' });
    await lens(/^Pile A · /)
      .getByRole('button', { name: 'Label', exact: true })
      .click();
    await status()
      .filter({ hasText: /Labelling A, 1 of/ })
      .waitFor();
    await workbench().page.locator('.editor-instance .view-line').nth(2).click();
    await press('2');
    await lens(/^Pile B · .*moved by hand/).waitFor();
    assert.equal(await pileOf(first), 1);
    await workbench().shootThemes('labelling');
    await press('j');
    await lens(/^Pile A · /).waitFor();
    await press('x');
    await lens(/Include/).waitFor();
    await press('u');
    await lens(/Exclude/).waitFor();
    await press('u');
    while ((await pileOf(first)) !== 0) await workbench().page.waitForTimeout(50);
    assert.equal(await pileOf(second), 0);
    await press('Escape');
    await status().waitFor({ state: 'hidden' });
    await press('2');
    assert.equal(await pileOf(second), 0, 'a key labelled outside the mode');
  });

  it('explains beside it why it is there, and its pile has a digest', async () => {
    await workbench().run('Polymath: Why Is This Document Here');
    await workbench().page.locator('.view-line').filter({ hasText: 'Words of the pile that it has' }).first().waitFor();
    await workbench().shootThemes('why');
    await workbench().run('View: Single Column Editor Layout');
    await workbench().run('Polymath: Open Digest of Pile');
    await workbench().page.locator('.view-line').filter({ hasText: 'Words that mark it' }).first().waitFor();
    await workbench().shootThemes('digest');
  });
});
