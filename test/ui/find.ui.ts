import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { splitSample } from './sample';
import { useWorkbench } from './workbench';

describe('finding documents in the editor', function () {
  const workbench = useWorkbench();
  let client: Connection;
  let clustering = '';
  let dataset = '';

  before(async () => {
    ({ client, clustering, dataset } = await splitSample(workbench()));
    for (const name of ['Experts', 'Runs']) {
      await workbench()
        .page.getByRole('button', { name: `${name} Section` })
        .click();
    }
  });
  after(() => client.close());

  /** The heading of its view tells what was looked for, too. */
  const view = (): Locator => {
    const { page } = workbench();
    return page.locator('.pane').filter({ has: page.getByRole('button', { name: /^Found .*Section/ }) });
  };
  const found = (name: RegExp): Locator => view().getByRole('treeitem', { name }).first();
  const option = (text: RegExp): Locator =>
    workbench().quickInput.locator('.quick-input-list-entry').filter({ hasText: text }).first();
  /** Keys that come before it is there are lost. */
  async function openBox(): Promise<void> {
    await workbench().run('Polymath: Find Documents…');
    await option(/^confidence:/).waitFor();
  }
  const press = (key: string): Promise<void> => workbench().page.keyboard.press(key);
  const selected = (): Locator =>
    workbench()
      .page.locator('.statusbar-item')
      .filter({ hasText: /selected\)/ })
      .first();

  it('shows filters first, then what is found while somebody types, and says what is wrong', async () => {
    const { page, quickInput } = workbench();
    await openBox();
    await workbench().shootThemes('find-filters');
    await page.keyboard.type('supreme cou');
    await quickInput.getByText(/Find Documents: \d+ in Sample corpus, By words/).waitFor();
    await option(/Supreme Court/).waitFor();
    await workbench().shootThemes('find-results');
    await page.keyboard.type('rt is:movd ');
    await option(/is: knows no movd/).waitFor();
    await workbench().shoot('find-mistake');
    for (let i = 0; i < 'movd '.length; i++) await press('Backspace');
    await option(/^is:outlier/).waitFor();
    for (let i = 0; i < ' is:'.length; i++) await press('Backspace');
    await page.keyboard.type(' pile:');
    await option(/^pile:B/).waitFor();
    await workbench().shootThemes('find-piles');
    await press('Escape');
  });

  it('opens with what was found selected, and the results stay beside it to be gone through by keys', async () => {
    const { page } = workbench();
    await openBox();
    await page.keyboard.type('"supreme court"');
    await option(/Supreme Court/).waitFor();
    await press('Enter');
    await selected().waitFor();
    await found(/Supreme Court/i).waitFor();
    await workbench().shootThemes('found');
    const first = await page.locator('.tab.active').textContent();
    await press('ArrowDown');
    await press('Enter');
    await page
      .locator('.tab.active')
      .filter({ hasNotText: first ?? '' })
      .waitFor();
    const second = await page.locator('.tab.active').textContent();
    await press('F4');
    await page
      .locator('.tab.active')
      .filter({ hasNotText: second ?? '' })
      .waitFor();
    assert.notEqual(first, second);
  });

  it('gives documents that are moved to another pile, several at once', async () => {
    const { page, quickInput } = workbench();
    const { items } = await client.call('documents/find', { query: '"supreme court" side:train', clustering });
    const chosen = items.flatMap(({ placed }) => placed ?? []).slice(0, 2);
    await found(new RegExp(`^${chosen[0].id},`)).click();
    await found(new RegExp(`^${chosen[1].id},`)).click({ modifiers: ['Control'] });
    await workbench().chooseFromMenu(found(new RegExp(`^${chosen[1].id},`)), 'Move to Pile…');
    await quickInput.getByRole('option', { name: /^D / }).click();
    await page
      .getByText(/Moved \d documents? to pile D/)
      .first()
      .waitFor();
    await found(new RegExp(`^${chosen[0].id}, Pile D`)).waitFor();
    const moved = await client.call('documents/find', { query: 'is:moved', clustering });
    assert.deepEqual(
      moved.items.map(({ document: { id } }) => id).sort(),
      chosen
        .filter(({ pile }) => pile !== 3)
        .map(({ id }) => id)
        .sort(),
    );
    await workbench().shootThemes('found-moved');
  });

  it('indexes the words first where that was never done', async () => {
    const { page } = workbench();
    await rm(join(workbench().folder, '.polymath', 'indexes', dataset), { recursive: true });
    await workbench().run('Polymath: Clear Found Documents');
    await view().waitFor({ state: 'hidden' });
    await openBox();
    await page.keyboard.type('hospital');
    await option(/hospital/).waitFor();
    await press('Escape');
    const { items } = await client.call('runs/list', {});
    assert.ok(items.some(({ spec, state }) => spec.kind === 'index' && state === 'done'));
  });
});
