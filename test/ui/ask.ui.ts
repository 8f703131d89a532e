import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../backend/base/random';
import { resultOf } from '../support/project';
import { newClient } from './pages';
import { useWorkbench } from './workbench';

const subjects = [
  'the court heard an appeal and the judge set aside the verdict because the claim had no evidence in law',
  'the team won a match and the coach praised the striker because the keeper had no chance at the goal',
];

describe('an answer in the editor', () => {
  const workbench = useWorkbench({
    settings: { 'polymath.ask.maxTokens': 40, 'editor.wordWrap': 'on', 'editor.fontSize': 16 },
  });

  it('shows what each expert had to say, and what can be done with it', async function () {
    const { folder, page } = workbench();
    const random = createRandom(2);
    const lines = Array.from({ length: 60 }, (_, i) => {
      const words = subjects[i % 2].split(' ');
      const text = Array.from({ length: 60 }, () => words[random.below(words.length)]).join(' ');
      return `${JSON.stringify({ id: `subject-${i}`, text })}\n`;
    });
    await writeFile(join(folder, 'subjects.jsonl'), lines.join(''));
    await writeFile(
      join(folder, 'notes.md'),
      '# Notes\n\nThe judge told the coach that the team\n\nMore notes follow.\n',
    );
    await workbench().openViews();
    await workbench().run('Polymath: Start Backend');
    await workbench().statusItem.filter({ hasText: 'Polymath' }).waitFor();
    const backend = await newClient(workbench());
    const dataset = await resultOf(backend, {
      kind: 'import',
      source: join(folder, 'subjects.jsonl'),
      nearDuplicates: 0,
    });
    const clustering = await resultOf(backend, { kind: 'split', dataset, k: 2, method: 'unigram' });
    await backend.call('piles/rename', { clustering, pile: 0, name: 'Law' });
    await backend.call('piles/rename', { clustering, pile: 1, name: 'Sport' });
    const experts = await resultOf(backend, { kind: 'train', clustering, tokens: 3000, rank: 4, learningRate: 1e-3 });
    await resultOf(backend, { kind: 'mix', experts });
    await backend.close();

    await workbench().openFile('notes.md');
    const line = page.locator('.view-line').filter({ hasText: 'The judge told' });
    await line.click({ clickCount: 3 });
    await workbench().run('Polymath: Ask the Mixture');
    const lens = workbench().lens(/Accept/);
    await lens.waitFor();
    await workbench()
      .lens(/Accept.*A Law \d+ % · B Sport \d+ %|A Law \d+ % · B Sport \d+ %.*Accept/)
      .waitFor();
    // The question was selected: a key must replace neither it nor the answer.
    await page.keyboard.type('!');
    await page.locator('.view-line').filter({ hasText: '!' }).first().waitFor();
    await line.filter({ hasText: 'The judge told the coach that the team' }).waitFor();
    await page.keyboard.press('Backspace');
    await page.locator('.view-line').filter({ hasText: '!' }).first().waitFor({ state: 'detached' });
    await lens.waitFor();
    // Somewhere else, so that neither selection nor current line lies over the answer.
    await page.locator('.view-line').filter({ hasText: 'Notes' }).first().click();
    await workbench().shootThemes('answer');
    const { x, y, height } = (await lens.boundingBox()) ?? assert.fail('the lens is not there');
    await page.mouse.move(x + 60, y + height + 12);
    await page.mouse.move(x + 62, y + height + 12);
    const hover = page.locator('.monaco-hover').filter({ hasText: 'nats' });
    await hover.waitFor();
    assert.match((await hover.textContent()) ?? '', /A.*Law/);
    assert.match((await hover.textContent()) ?? '', /B.*Sport/);
    await workbench().shootThemes('answer-hover');
    await page.keyboard.press('Escape');
    await lens.getByText('Reject').click();
    await lens.waitFor({ state: 'detached' });
    await page.locator('.view-line').filter({ hasText: 'More notes follow.' }).waitFor();
    assert.equal(await page.locator('.view-line').count(), 6);
  });
});
