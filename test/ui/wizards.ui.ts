import assert from 'node:assert/strict';
import { resultOf } from '../support/project';
import { newClient } from './pages';
import { useWorkbench } from './workbench';

describe('wizards', function () {
  const workbench = useWorkbench();

  it('say what is missing, and offer the step that makes it', async () => {
    await workbench().openViews();
    await workbench().run('Polymath: Train Experts…');
    const message = await workbench().notification(/No dataset of this project is split into piles yet/);
    await message.getByRole('button', { name: 'Split into Piles…' }).waitFor();
    await workbench().shoot('missing-step');
    await workbench().clearNotifications();
  });

  it('show the figures and the cost of a split before it begins', async () => {
    const { page, quickInput } = workbench();
    await workbench().run('Polymath: Import Sample Corpus');
    await workbench()
      .view('Runs')
      .getByRole('treeitem', { name: /Import sample corpus, done in/ })
      .waitFor();
    await workbench().run('Polymath: Split into Piles…');
    await quickInput.getByRole('option', { name: /Perplexity EM/ }).waitFor();
    await workbench().shootThemes('wizard');
    await page.keyboard.press('Enter');
    await quickInput.getByText(/Number of piles for [\d,]+ training documents/).waitFor();
    await page.keyboard.press('Enter');
    await quickInput.getByRole('option', { name: /Start Splitting.*about .* tokens/ }).waitFor();
    await workbench().shootThemes('estimate');
    await page.keyboard.press('Escape');
  });

  it('ask whether a run is to be done beside an equal one that is at work', async () => {
    const { page, quickInput } = workbench();
    const runs = workbench()
      .view('Runs')
      .getByRole('treeitem', { name: /^Split into 6 piles/ });
    /** By the same answers each time. */
    const split = async (): Promise<void> => {
      await workbench().run('Polymath: Split into Piles…');
      await quickInput.getByRole('option', { name: /Perplexity EM/ }).click();
      await quickInput.getByText(/Number of piles/).waitFor();
      await page.keyboard.press('Enter');
      await quickInput.getByRole('option', { name: /Start Splitting/ }).click();
    };
    await split();
    await runs.waitFor();
    await split();
    const question = await workbench().notification(/does the same already: it was started at/);
    await workbench().shootThemes('equal-run');
    await question.getByRole('button', { name: 'Show Run' }).click();
    await question.waitFor({ state: 'detached' });
    assert.equal(await runs.count(), 1);
    await split();
    await (
      await workbench().notification(/does the same already/)
    )
      .getByRole('button', { name: 'Start Another' })
      .click();
    await runs.nth(1).waitFor();
    // Nothing of them is to go on while the next wizard estimates.
    for (const run of [runs.first(), runs.nth(1)]) {
      await run.hover();
      await run.getByRole('button', { name: 'Cancel Run' }).click();
      await run.filter({ hasText: 'cancelled' }).waitFor();
    }
  });

  it('say who guides a split, and how many questions that takes at most', async () => {
    const { page, quickInput } = workbench();
    await workbench().run('Polymath: Split into Piles…');
    await quickInput.getByRole('option', { name: /^Guided by a language model/ }).click();
    await quickInput.getByText(/Number of piles/).waitFor();
    await page.keyboard.press('Enter');
    await quickInput.getByRole('option', { name: /Start Splitting.*at most 600 questions/ }).waitFor();
    await workbench().shootThemes('guided');
    await quickInput.getByRole('option', { name: /^Guide/ }).click();
    await quickInput.getByRole('option', { name: /Endpoint/ }).waitFor();
    await workbench().shootThemes('guides');
    await page.keyboard.press('Escape');
  });

  it('ask of adapters only where adapters are trained', async () => {
    const { page, quickInput } = workbench();
    const client = await newClient(workbench());
    const [{ id: dataset }] = (await client.call('datasets/list', {})).items;
    await resultOf(client, { kind: 'split', dataset, method: 'unigram', k: 3 });
    await client.close();
    await workbench().run('Polymath: Train Experts…');
    await quickInput.getByText(/Training tokens of all 3 experts together/).waitFor();
    await page.keyboard.press('Enter');
    const row = (name: RegExp) => quickInput.getByRole('option', { name });
    await row(/Start Training.*about .* tokens/).waitFor();
    await row(/^Rank, /).waitFor();
    await workbench().shootThemes('train');
    await row(/^Adapter, LoRA/).click();
    await row(/^all weights/).waitFor();
    await workbench().shoot('train-adapter');
    await row(/^all weights/).click();
    await row(/^Adapter, all weights/).waitFor();
    await row(/Start Training.*about .* tokens/).waitFor();
    await workbench().shootThemes('train-full');
    assert.equal(await row(/^(Rank|Alpha|Target Modules), /).count(), 0);
    await page.keyboard.press('Escape');
  });
});
