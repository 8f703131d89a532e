import assert from 'node:assert/strict';
import type { FrameLocator, Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { settledRun } from '../support/project';
import { assertStrict, markup, pageFrame, prepareProject, reload } from './pages';
import { useWorkbench } from './workbench';

describe('the page of tokens', function () {
  const workbench = useWorkbench();
  let client: Connection;

  before(async () => {
    const training = { kind: 'train', tokens: 6000, rank: 4, learningRate: 5e-3 } as const;
    const prepared = await prepareProject(workbench(), (clustering) => [{ ...training, clustering }]);
    ({ client } = prepared);
    const [{ id: experts }] = (await client.call('experts/list', {})).items;
    await settledRun(client, (await client.call('runs/start', { spec: { kind: 'mix', experts } })).id);
  });
  after(() => client.close());

  /** An answer that came to its end, at most 60 tokens long. */
  const ended = /^\d+ tokens, [\d.]+ nats/;
  const frame = (): FrameLocator => pageFrame(workbench().page);
  const asked = (): Locator => frame().getByRole('article', { name: /^Answer/ });
  const answer = (at = 0): Locator => asked().first().locator('.answer').nth(at);
  const tokens = (at = 0): Locator => answer(at).locator('.token');
  const prompt = (): Locator => frame().locator('vscode-textarea[label="Prompt"] textarea');
  const textOf = async (read: Locator): Promise<string> => (await read.allTextContents()).join('');

  it('shows an answer of the mixture as it comes, each token with its leading expert; markup in a prompt is text', async () => {
    const mixer = workbench()
      .view('Experts')
      .getByRole('treeitem', { name: /^Mixer/ });
    await mixer.hover();
    await mixer.getByRole('button', { name: 'Ask…' }).click();
    await frame()
      .getByText(/Answers appear here/)
      .waitFor();
    await prompt().fill(`The jury said ${markup} that`);
    await frame().getByRole('button', { name: 'Ask', exact: true }).click();
    await answer().getByText(ended).waitFor();
    const told = await answer().getByText(ended).innerText();
    assert.match(told, /· prompt [\d.]+ nats per token$/);
    assert.equal(await tokens().and(frame().locator(':not(.prompt)')).count(), parseInt(told, 10));
    assert.ok((await tokens().and(frame().locator('[data-letter]')).count()) > 0);
    assert.deepEqual(
      (await answer().getByRole('listitem').allInnerTexts()).map((text) => text[0]),
      ['A', 'B', 'C'],
    );
    assert.equal(await textOf(answer().locator('.prompt')), `The jury said ${markup} that`);
    assert.equal(await frame().locator('img').count(), 0);
    await assertStrict(workbench().page, 'tokens-page');
  });

  it('tells the weights of all experts and the alternatives of a token, by click, by arrows and on the strip of an expert', async () => {
    await tokens().nth(4).click();
    const weights = answer().getByRole('table', { name: 'Weights' });
    const shares = (await weights.getByRole('row').allInnerTexts()).map((text) => Number(/([\d.]+) %/.exec(text)?.[1]));
    assert.equal(shares.length, 3);
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 100) <= 2, shares.join());
    const alternatives = answer().getByRole('table', { name: 'Alternatives' });
    assert.equal(await alternatives.getByRole('row').count(), 5);
    await workbench().page.keyboard.press('ArrowRight');
    await tokens().nth(5).and(frame().locator('[aria-pressed="true"]')).waitFor();
    // At the very left is the first token.
    await answer()
      .locator('canvas')
      .first()
      .click({ position: { x: 1, y: 5 } });
    await tokens().first().and(frame().locator('[aria-pressed="true"]')).waitFor();
    await tokens().nth(8).click();
    await workbench().shootThemes('tokens');
  });

  it('goes on from an alternative of a token', async () => {
    const others = answer().getByRole('table', { name: 'Alternatives' }).getByRole('button');
    const other = (await others.last().innerText()).replaceAll('·', ' ').replaceAll('↵', '\n');
    const from = (await tokens().allTextContents()).slice(0, 8).join('');
    await others.last().click();
    await asked().nth(1).waitFor();
    await answer().getByText(ended).waitFor();
    assert.equal(await textOf(answer().locator('.prompt')), from + other);
  });

  it('lets several answer side by side, under their names, and colours by what is asked for', async () => {
    await frame().locator('vscode-textfield[label="Tokens at most"] input').fill('12');
    for (const name of ['Base model', 'Equal weights']) {
      await frame().getByRole('button', { name: 'Another Beside' }).click();
      await frame().locator('vscode-single-select').last().click();
      await frame().getByRole('option', { name, exact: true }).click();
    }
    await prompt().fill('The court held that the');
    await frame().getByRole('button', { name: 'Ask', exact: true }).click();
    await answer(2).getByText(ended).waitFor();
    assert.deepEqual(await asked().first().getByRole('heading', { level: 2 }).allInnerTexts(), [
      'Mixture by contrast',
      'Base model',
      'Equal weights',
    ]);
    // All answer one prompt, and each read it in its own way.
    const read = await asked().first().getByText(ended).allInnerTexts();
    assert.equal(new Set(read.map((text) => /prompt ([\d.]+)/.exec(text)?.[1])).size, 3, read.join('; '));
    await frame().getByLabel('Surprise').check();
    const looks = await Promise.all((await tokens(1).all()).map((token) => token.getAttribute('style')));
    assert.ok(new Set(looks.map((look) => /--line: (\d)px/.exec(look ?? '')?.[1])).size > 2, looks.join('\n'));
    await workbench().shootThemes('tokens-beside');
    await frame().getByLabel('Division').check();
    await workbench().shoot('tokens-division');
    await frame().getByLabel('Leading expert').check();
    for (const name of ['Base model', 'Equal weights'])
      await frame()
        .getByRole('button', { name: `Do not ask ${name}` })
        .click();
  });

  it('tells what is made of a prompt while it is written', async () => {
    await frame().getByLabel('Watch while I type').check();
    const watched = frame().getByRole('article', { name: 'While you type' });
    const first = watched.locator('.answer').first();
    const read = async (text: string): Promise<void> => {
      await prompt().fill(text);
      await first.locator('.token').last().getByText(text.slice(-2)).waitFor();
      assert.equal(await textOf(first.locator('.token')), text);
    };
    await read('Patients with type');
    await read('Patients with type 2 diabetes');
    await first.getByText(/^prompt [\d.]+ nats per token/).waitFor();
    await workbench().shoot('tokens-watched');
    await frame().getByLabel('Watch while I type').uncheck();
    await watched.waitFor({ state: 'detached' });
  });

  it('stops when it is told to, and keeps its answers over a reload', async () => {
    // What is drawn may come to its end by itself.
    await frame().locator('vscode-textfield[label="Temperature"] input').fill('0');
    await frame().locator('vscode-textfield[label="Tokens at most"] input').fill('4000');
    await workbench().page.keyboard.press('Tab');
    await frame().getByRole('button', { name: 'Ask', exact: true }).click();
    await answer()
      .getByText(/so far/)
      .waitFor();
    await frame().getByRole('button', { name: 'Stop' }).click();
    await answer()
      .getByText(/^stopped after/)
      .waitFor();
    await reload(workbench());
    await asked().nth(1).getByText(ended).first().waitFor();
    await answer()
      .getByText(/^stopped after/)
      .waitFor();
  });
});
