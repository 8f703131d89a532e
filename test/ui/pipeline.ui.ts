import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { generatedCorpus } from '../support/corpus';
import { patience } from '../support/patience';
import { newClient, pageFrame, reload } from './pages';
import { useWorkbench } from './workbench';

/** Clicks, chords and typed strings from an open folder to the first answer, at most. */
const mostInteractions = 5;

describe('the shortest way from a corpus to an answer', function () {
  // A machine on which nobody has downloaded a model.
  const models = mkdtempSync(join(tmpdir(), 'polymath-models-'));
  const workbench = useWorkbench({ env: { POLYMATH_CACHE: models, HF_HOME: models } });
  after(() => rm(models, { recursive: true, force: true }));
  let interactions = 0;

  const page = () => workbench().page;
  const option = (name: RegExp): Locator => workbench().quickInput.getByRole('option', { name });
  const run = (name: RegExp): Locator => workbench().view('Runs').getByRole('treeitem', { name }).first();

  async function press(key: string): Promise<void> {
    interactions++;
    await page().keyboard.press(key);
  }

  before(async () => {
    await writeFile(join(workbench().folder, 'texts.jsonl'), `${generatedCorpus(90)}this is no JSON\n`);
  });

  it('reviews a file of the explorer on one screen, whose lines can be changed where they stand', async () => {
    // Before, the menu has nothing of the extension.
    await page()
      .getByRole('tab', { name: /^Polymath/ })
      .waitFor();
    const file = page().getByRole('treeitem', { name: 'texts.jsonl' });
    await file.waitFor();
    await workbench().chooseFromMenu(file, 'From Corpus to Answer…');
    await option(/^Start Pipeline, about /).waitFor();
    await option(/^More…/).waitFor();
    await workbench().shootThemes('pipeline-review');
    for (const seen of [
      /Left out: 1 record \(texts\.jsonl, line 91: /,
      /^Column of the Text, text \(by its name\)/,
      /^Number of Piles, 3 \(as fits the corpus\)/,
      /^Method, Unigram EM · about .* here/,
      /^Base Model, the bundled model is for trying: .*SmolLM2-135M-Instruct \(271 MB\)/,
    ]) {
      assert.equal(await option(seen).count(), 1, String(seen));
    }
    await option(/^More…/).click();
    await option(/^Format, /).waitFor();
    await workbench().shoot('pipeline-more');
    await option(/^Base Model/).click();
    await option(/^Qwen3-0\.6B-Base/).waitFor();
    await option(/^SmolLM2-135M-Instruct, 271 MB to download, about /).waitFor();
    await workbench().shootThemes('pipeline-models');
    await workbench().quickInput.getByRole('button', { name: 'Back' }).click();
    // What the import must fail at, the review says, and does not begin.
    await option(/^Number of Piles/).click();
    await workbench()
      .quickInput.getByText(/^Number of Piles \(/)
      .waitFor();
    await page().keyboard.press('Control+a');
    await page().keyboard.type('900');
    await page().keyboard.press('Enter');
    await option(/Start Pipeline, \d+ training documents cannot fill 900 piles/).waitFor();
    await workbench().shoot('pipeline-refused');
    await page().keyboard.press('Escape');
  });

  it('offers the corpora of the workspace first, also where one is only imported', async () => {
    await workbench().run('Polymath: Import Corpus…');
    await option(/texts\.jsonl/).waitFor();
    await workbench().shoot('pipeline-sources');
    await page().keyboard.press('Escape');
    await workbench().run('Polymath: Stop Backend');
    await workbench()
      .statusItem.filter({ has: page().locator('.codicon-circle-outline') })
      .waitFor();
  });

  it('comes to an answer, coloured by expert, in a few interactions with the backend stopped', async () => {
    const { quickInput } = workbench();
    interactions = 0;
    await press('F1');
    interactions++;
    await quickInput.locator('input[type=text]').fill('>Polymath: From Corpus');
    await page().getByRole('option', { name: 'Polymath: From Corpus to Answer…' }).first().waitFor();
    await press('Enter');
    await option(/texts\.jsonl/).waitFor();
    await press('Enter');
    await option(/^Start Pipeline, about /).waitFor();
    await press('Enter');
    await workbench().openViews();
    await run(/^From texts\.jsonl to an answer, \d\/4 .*%.*left/).waitFor();
    await workbench().shootThemes('pipeline-run');
    // Four runs stand behind it.
    await run(/^From texts\.jsonl to an answer, done in/).waitFor({ timeout: 2 * patience });
    const answer = pageFrame(page()).getByRole('article').first();
    await answer.locator('.token[data-letter]').first().waitFor();
    assert.ok(interactions <= mostInteractions, `${interactions} interactions`);
    await workbench().shootThemes('pipeline-answer');
  });

  it('is one row with its stages inside, also after a reload', async () => {
    await reload(workbench());
    await workbench().openViews();
    const whole = run(/^From texts\.jsonl to an answer, done in/);
    await whole.waitFor();
    for (const stage of [
      /^Import texts\.jsonl, done/,
      /^Split into 3 piles, done/,
      /^Train experts, done/,
      /^Train the mixer, done/,
    ])
      await run(stage).waitFor();
    await workbench().shootThemes('pipeline-stages');
    const client = await newClient(workbench());
    assert.equal((await client.call('runs/list', {})).total, 1);
    await client.close();
  });
});
