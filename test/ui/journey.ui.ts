import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { type Connection, connect } from '../../backend/rpc/client/connection';
import { readAttachment } from '../../backend/server/attach';
import { useWorkbench } from './workbench';
import { patience } from '../support/patience';

describe('the way from a corpus to labelled piles and experts', function () {
  const workbench = useWorkbench();
  let client: Connection;
  let clustering = '';
  /** A document that is moved three times. */
  let moved = '';

  after(() => client.close());

  const row = (view: string, name: RegExp): Locator => workbench().view(view).getByRole('treeitem', { name }).first();
  const option = (name: string | RegExp): Locator => workbench().quickInput.getByRole('option', { name });
  const press = (key: string): Promise<void> => workbench().page.keyboard.press(key);
  const lens = (text: RegExp): Locator => workbench().lens(text);

  /** The backend of the window; after a crash another one. */
  async function attach(): Promise<Connection> {
    const found = await readAttachment(join(workbench().folder, '.polymath'));
    assert.ok(found, 'no backend serves the project');
    return connect({ ...found, client: 'test' });
  }

  /** Answers the last question of a wizard once it tells the cost. */
  async function start(title: string): Promise<void> {
    await option(new RegExp(`${title}.*about`)).waitFor();
    await press('Enter');
    await workbench().quickInput.waitFor({ state: 'hidden' });
  }

  async function surest(pile: number): Promise<string> {
    const shown = { clustering, pile, order: 'confidence', limit: 1 } as const;
    return (await client.call('piles/documents', shown)).items[0].id;
  }

  it('imports the sample corpus', async () => {
    await workbench().openViews();
    await workbench().view('Runs').getByRole('button', { name: 'Import Sample Corpus' }).click();
    await row('Runs', /^Import sample corpus, done in/).waitFor();
    client = await attach();
  });

  it('splits it into three piles by its words', async () => {
    await workbench().run('Polymath: Split into Piles…');
    await option(/^Unigram EM/).click();
    await workbench().quickInput.getByText('Number of piles').waitFor();
    await press('Control+a');
    await workbench().page.keyboard.type('3');
    await press('Enter');
    await start('Start Splitting');
    await row('Runs', /^Split into 3 piles, done in/).waitFor();
    [{ id: clustering }] = (await client.call('splits/list', {})).items;
    await row('Piles', /^Pile C, /).waitFor();
  });

  it('labels a document by drag', async () => {
    for (const name of ['Datasets', 'Experts']) {
      await workbench()
        .page.getByRole('button', { name: `${name} Section` })
        .click();
    }
    moved = await surest(1);
    await row('Piles', /^Pile B, /)
      .locator('.monaco-tl-twistie')
      .click();
    await row('Piles', new RegExp(`^${moved},`)).dragTo(row('Piles', /^Pile A, /));
    await row('Piles', new RegExp(`^${moved},`)).waitFor({ state: 'detached' });
    assert.equal(await surest(0), moved);
    await row('Piles', /^Pile B, /)
      .locator('.monaco-tl-twistie')
      .click();
  });

  it('labels it by key', async () => {
    await row('Piles', /^Pile A, /)
      .locator('.monaco-tl-twistie')
      .click();
    await row('Piles', new RegExp(`^${moved},`)).dblclick();
    await lens(/^Pile A · .*moved by hand/).waitFor();
    await lens(/^Pile A · /)
      .getByRole('button', { name: 'Label', exact: true })
      .click();
    await workbench()
      .labellingItem.filter({ hasText: /Labelling A, .*1–3 pile/ })
      .waitFor();
    await workbench().page.locator('.editor-instance .view-line').nth(2).click();
    await press('3');
    await lens(/^Pile C · .*moved by hand/).waitFor();
    await press('Escape');
  });

  it('labels it by command', async () => {
    await workbench().run('Polymath: Move Document to Pile…');
    await option(/^B /).click();
    await lens(/^Pile B · /).waitFor();
    assert.equal(await surest(1), moved);
    await workbench().shootThemes('journey-labels');
  });

  it('trains an expert for each pile', async () => {
    await workbench().run('Polymath: Train Experts…');
    await workbench().quickInput.getByText('Training tokens').waitFor();
    await press('Control+a');
    await workbench().page.keyboard.type('3,000');
    await press('Enter');
    await start('Start Training');
    await row('Runs', /^Train experts, done in/).waitFor();
    await workbench().page.getByRole('button', { name: 'Experts Section' }).click();
    await row('Experts', /3 experts/).waitFor();
    await workbench().shootThemes('journey-experts');
  });

  it('trains the mixer that weighs them', async () => {
    await workbench().run('Polymath: Train Mixer…');
    await start('Start');
    // Experts and the base model read a hundred documents: a minute on a slow machine, several on a busy one.
    await row('Runs', /^Train the mixer, done in/).waitFor({ timeout: 3 * patience });
  });

  it('asks the experts in a file, and keeps what they say', async () => {
    const { folder, page } = workbench();
    const file = join(folder, 'notes.md');
    const asked = 'The judge said that the jury\n';
    await writeFile(file, asked);
    await workbench().openFile('notes.md');
    await page.locator('.view-line').filter({ hasText: 'The judge said' }).click({ clickCount: 3 });
    await workbench().run('Polymath: Ask the Mixture');
    await lens(/Accept/).waitFor();
    await lens(/A .*\d+ % · B .*\d+ % · C .*\d+ %/).waitFor();
    await workbench().shoot('journey-answer');
    await workbench().run('Polymath: Accept Answer');
    await lens(/Accept/).waitFor({ state: 'detached' });
    await press('Control+s');
    for (const end = Date.now() + patience; (await readFile(file, 'utf8')) === asked;) assert.ok(Date.now() < end);
    assert.ok((await readFile(file, 'utf8')).startsWith(asked.trimEnd()));
  });

  it('exports the labels, with those that were given by hand', async () => {
    await workbench().run('Polymath: Export Labels…');
    await option('JSON Lines').click();
    await workbench().quickInput.getByRole('button', { name: 'OK', exact: true }).click();
    await workbench().notification(/is exported/);
    await workbench().clearNotifications();
    const lines = (await readFile(join(workbench().folder, 'Unigram EM, k = 3 labels.jsonl'), 'utf8'))
      .trim()
      .split('\n');
    const labels = lines.map((line) => JSON.parse(line) as { id: string; pile: string });
    const { documents } = await client.call('splits/get', { clustering });
    assert.deepEqual([labels.length, labels.find(({ id }) => id === moved)?.pile], [documents, 'B']);
  });

  it('goes on with a training when the backend was killed, and says so', async () => {
    const spec = { kind: 'train', clustering, tokens: 5_000_000, rank: 4, learningRate: 5e-3 } as const;
    const { id: run } = await client.call('runs/start', { spec });
    await row('Runs', /^Train experts, .*%/).waitFor();
    while ((await client.call('runs/metrics', { run })).length === 0) await workbench().page.waitForTimeout(50);
    process.kill(client.hello.pid, 'SIGKILL');
    await workbench().notification(
      /was killed by SIGKILL and was started again\. 1 run goes on from the last checkpoint/,
    );
    await workbench().shoot('journey-recovered');
    await workbench().clearNotifications();
    await row('Runs', /^Train experts, .*%/).waitFor();
    await workbench().shootThemes('journey-resumed');
    client = await attach();
    const { state, attempt } = await client.call('runs/get', { run });
    assert.deepEqual([state, attempt], ['running', 2]);
    const sequence = (await client.call('runs/metrics', { run })).map((point) => point.sequence);
    assert.deepEqual(
      sequence,
      sequence.map((_, index) => index + 1),
    );
    await client.call('runs/cancel', { run });
    await row('Runs', /^Train experts, cancelled/).waitFor();
  });
});
