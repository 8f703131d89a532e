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
  const ended = /^\d+ tokens/;
  const frame = (): FrameLocator => pageFrame(workbench().page);
  const answers = (): Locator => frame().getByRole('article');
  const tokens = (): Locator => answers().first().locator('.token');

  it('shows an answer of the mixture as it comes, each token with its leading expert; markup in a prompt is text', async () => {
    const mixer = workbench()
      .view('Experts')
      .getByRole('treeitem', { name: /^Mixer/ });
    await mixer.hover();
    await mixer.getByRole('button', { name: 'Ask…' }).click();
    await frame()
      .getByText(/Answers appear here/)
      .waitFor();
    await frame().locator('vscode-textarea[label="Prompt"] textarea').fill(`The jury said ${markup} that`);
    await frame().getByRole('button', { name: 'Ask' }).click();
    await answers()
      .first()
      .getByText(/weighted by/)
      .waitFor();
    await answers().first().getByText(ended).waitFor();
    const told = await answers().first().getByText(ended).innerText();
    assert.equal(await tokens().count(), parseInt(told, 10));
    assert.ok((await tokens().and(frame().locator('[data-letter]')).count()) > 0);
    assert.deepEqual(
      (await answers().first().getByRole('listitem').allInnerTexts()).map((text) => text[0]),
      ['A', 'B', 'C'],
    );
    assert.equal(await answers().first().locator('.prompt').innerText(), `The jury said ${markup} that`);
    assert.equal(await frame().locator('img').count(), 0);
    await assertStrict(workbench().page, 'tokens-page');
  });

  it('tells the weights of all experts and the alternatives of a token, by click and by arrows', async () => {
    await tokens().nth(4).click();
    const weights = answers().first().getByRole('table', { name: 'Weights' });
    const shares = (await weights.getByRole('row').allInnerTexts()).map((text) => Number(/([\d.]+) %/.exec(text)?.[1]));
    assert.equal(shares.length, 3);
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 100) <= 2, shares.join());
    assert.equal(await answers().first().getByRole('table', { name: 'Alternatives' }).getByRole('row').count(), 5);
    await workbench().page.keyboard.press('ArrowRight');
    await tokens().nth(5).and(frame().locator('[aria-pressed="true"]')).waitFor();
    await workbench().shootThemes('tokens');
  });

  it('stops when it is told to, and keeps its answers over a reload', async () => {
    // What is drawn may come to its end by itself.
    await frame().locator('vscode-textfield[label="Temperature"] input').fill('0');
    await frame().locator('vscode-textfield[label="Tokens at most"] input').fill('4000');
    await workbench().page.keyboard.press('Tab');
    await frame().getByRole('button', { name: 'Ask' }).click();
    await answers()
      .first()
      .getByText(/so far/)
      .waitFor();
    await frame().getByRole('button', { name: 'Stop' }).click();
    await answers()
      .first()
      .getByText(/^stopped after/)
      .waitFor();
    await reload(workbench());
    await answers().nth(1).getByText(ended).waitFor();
    await answers()
      .first()
      .getByText(/^stopped after/)
      .waitFor();
  });
});
