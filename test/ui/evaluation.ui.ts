import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import type { EvaluationRecord } from '../../backend/protocol/records';
import { Store } from '../../backend/store/store';
import { exampleReport } from '../evaluate/example-report';
import { created, exampleExperts, exampleQuestionSet, fill } from '../store/support';
import {
  evolutionExample,
  examExample,
  freely,
  hostile,
  perplexityExample,
  sweepExample,
} from '../webview/example-tables';
import { assertNoOverflow, assertStrict, newClient, pageFrame, reload } from './pages';
import { useWorkbench } from './workbench';
import { patience } from '../support/patience';

const experts = 'experts-example';
const questions = 'questions-example';

/** One of every kind, and the smallest that there can be. */
function evaluations(council: string): EvaluationRecord[] {
  const of = (
    id: string,
    name: string,
    rest: Pick<EvaluationRecord, 'kind' | 'result'> & Partial<EvaluationRecord>,
  ) => ({
    ...{ id: `eval-${id}`, name, created, seeds: [1, 2] },
    ...rest,
  });
  const [base, first] = perplexityExample.systems;
  const exam = examExample(1);
  const evolved = { ...evolutionExample(), from: council };
  return [
    of('perplexity', 'Perplexity of experts', {
      kind: 'perplexity',
      dataset: 'data-example',
      experts,
      result: perplexityExample,
    }),
    of('comparison', `Comparison ${hostile.markup}`, {
      kind: 'comparison',
      dataset: 'data-example',
      result: exampleReport(),
    }),
    of('examlarge', 'Exam of team', { kind: 'exam', questions, part: 'test', experts, result: examExample() }),
    of('evolution', 'Evolution of team', { kind: 'evolution', questions, part: 'heldout', experts, result: evolved }),
    of('sweeptable', hostile.long.slice(0, 190), { kind: 'sweep', dataset: 'data-example', result: sweepExample }),
    of('oneperp', hostile.rightToLeft, {
      kind: 'perplexity',
      dataset: 'data-gone00',
      experts,
      result: { documents: 1, systems: [base, first] },
    }),
    of('oneexam', 'Exam of one question', {
      kind: 'exam',
      questions: 'questions-gone00',
      experts,
      result: freely({ ...exam, rows: exam.rows.slice(0, 1) }),
    }),
    of('oneevolve', 'Evolution of one', {
      kind: 'evolution',
      questions,
      experts,
      result: { ...evolutionExample(1, 1), from: council },
    }),
  ];
}

describe('the page of an evaluation', function () {
  const workbench = useWorkbench();

  before(async () => {
    const store = await Store.open(join(workbench().folder, '.polymath'));
    await fill(store);
    await store.experts.add(exampleExperts());
    await store.questions.add(exampleQuestionSet, [
      {
        index: 0,
        id: hostile.markup,
        question: `Which rule holds? ${hostile.unbroken}`,
        choices: ['this', hostile.markup],
        correct: 1,
        part: 'test',
      },
      { index: 1, id: 'question-1', question: 'ما هي القاعدة؟', choices: ['a', 'b'], correct: 0, part: 'test' },
      { index: 2, id: 'question-2', question: 'When?', answers: ['now'], part: 'heldout' },
    ]);
    const members = ['A', 'B'].map((letter) => ({ letter, role: `You are ${letter}.` }));
    const council = await store.councils.add({ name: 'team', experts, instruction: 'Answer.', members });
    for (const record of evaluations(council.id)) await store.evaluations.add(record);
    await store.close();
    await workbench().openViews();
  });

  const frame = (): FrameLocator => pageFrame(workbench().page);
  const part = (name: string | RegExp): Locator => frame().getByRole('region', { name, exact: true });
  const title = (): Locator => frame().getByRole('heading', { level: 1 });

  async function openFromPalette(name: string): Promise<void> {
    await workbench().run('Polymath: Open Evaluation');
    await workbench().quickInput.getByRole('option', { name }).first().click();
    await title().getByText(name).waitFor();
  }

  /** In the editor's own dialog for a place, which may take no key in the moment after it opens. */
  async function acceptPlace(): Promise<void> {
    const { quickInput, page } = workbench();
    await quickInput.getByRole('button', { name: 'OK', exact: true }).waitFor();
    for (const end = Date.now() + patience; ;) {
      await page.keyboard.press('Enter');
      try {
        return await quickInput.waitFor({ state: 'hidden', timeout: 5000 });
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  /** The whole of a page, from top to bottom, as far as it takes. */
  async function shootDown(name: string): Promise<void> {
    await workbench().shootThemes(name);
    const body = frame().locator('html');
    for (let page = 2; page <= 6; page++) {
      const more = await body.evaluate((root: { scrollTop: number; clientHeight: number }) => {
        const before = root.scrollTop;
        root.scrollTop += root.clientHeight - 60;
        return root.scrollTop > before + 1;
      });
      if (!more) break;
      await workbench().shoot(`${name}-${page}`);
    }
  }

  it('opens with a click and with Enter on a row, and shows systems with their intervals', async () => {
    // As high as the view needs to show every row.
    await workbench().page.setViewportSize({ width: 1280, height: 1400 });
    const row = workbench()
      .view('Experts')
      .getByRole('treeitem', { name: /^Evaluation Perplexity of experts/ });
    await row.click();
    await title().getByText('Perplexity of experts').waitFor();
    await part('Differences').waitFor();
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
    await assertStrict(workbench().page, 'evaluation-page');
    assert.equal(await frame().locator('img').count(), 0);
    await shootDown('evaluation-perplexity');
    await workbench().run('Polymath: Focus on Experts View');
    await workbench().page.keyboard.press('ArrowUp');
    await workbench().page.keyboard.press('Enter');
    await title().getByText('Exam of team').waitFor();
  });

  it('shows a comparison by domain and by expert, and saves a chart', async () => {
    await openFromPalette('Comparison <img');
    await part('Perplexity by Domain').waitFor();
    await shootDown('evaluation-comparison');
    for (const [format, begin] of [
      ['svg', '<svg '],
      ['png', '\x89PNG'],
    ] as const) {
      await frame()
        .getByRole('button', { name: `Save ${format.toUpperCase()} of Differences` })
        .click();
      await acceptPlace();
      await workbench().notification(new RegExp(`Differences\\.${format} is saved`));
      const { folder } = workbench();
      const file = (await readdir(folder)).find((name) => name.endsWith(`Differences.${format}`)) ?? '';
      assert.equal((await readFile(join(folder, file), 'latin1')).slice(0, begin.length), begin);
      await workbench().clearNotifications();
    }
  });

  it('shows the questions of an exam, filtered, with their texts, and keeps what was chosen', async () => {
    await openFromPalette('Exam of team');
    await shootDown('evaluation-exam');
    await frame().getByRole('button', { name: hostile.markup }).click();
    await frame().getByText('Which rule holds?').waitFor();
    await frame().getByRole('combobox', { name: 'Show' }).last().click();
    await frame().getByRole('option', { name: 'Where they differ' }).click();
    const status = await part('Questions').getByRole('status').first().innerText();
    assert.match(status, /^\d+ of 130 questions$/);
    await workbench().shootThemes('evaluation-questions');
    await reload(workbench());
    await part('Questions').getByText(status).waitFor();
    await frame().getByText('Which rule holds?').waitFor();
  });

  it('shows where candidates came from and what they say, and makes a council of one', async () => {
    await openFromPalette('Evolution of team');
    await shootDown('evaluation-evolution');
    const candidate = frame().getByRole('button', { name: /^Candidate 9, / });
    await candidate.click();
    await part('Texts')
      .getByText(/Candidate 9, generation 1/)
      .waitFor();
    await workbench().page.keyboard.press('ArrowDown');
    await workbench().page.keyboard.press('Enter');
    await part('Texts')
      .getByText(/Candidate \d+, generation 2/)
      .waitFor();
    await part('Texts').scrollIntoViewIfNeeded();
    await workbench().shootThemes('evaluation-texts');
    await frame()
      .getByRole('button', { name: /^Adopt Candidate/ })
      .click();
    await workbench()
      .view('Experts')
      .getByRole('treeitem', { name: /^Council team \d+, 2 members/ })
      .waitFor();
    const client = await newClient(workbench());
    const { items } = await client.call('councils/list', {});
    await client.close();
    assert.deepEqual(
      items[0].members.map(({ by }) => by),
      ['evolved', 'evolved'],
    );
    await workbench().clearNotifications();
  });

  it('shows a sweep, and the smallest that there can be', async () => {
    await openFromPalette(hostile.long.slice(0, 60));
    await shootDown('evaluation-sweep');
    for (const [i, name] of [hostile.rightToLeft, 'Exam of one question', 'Evolution of one'].entries()) {
      await openFromPalette(name);
      await shootDown(`evaluation-small-${i}`);
    }
    await openFromPalette('Exam of one question');
    await frame().getByRole('button', { name: hostile.markup }).click();
    await frame().getByText('The question is not in this project any more.').waitFor();
    await frame().getByText('Written. <img').waitFor();
    await workbench().shoot('evaluation-small-free');
  });

  it('can be read in a narrow column', async () => {
    await workbench().page.setViewportSize({ width: 700, height: 900 });
    for (const name of ['Perplexity of experts', 'Exam of team', 'Evolution of team']) {
      await openFromPalette(name);
      await shootDown(`evaluation-narrow-${name.replaceAll(' ', '-').toLowerCase()}`);
      await assertNoOverflow(frame(), name);
    }
  });
});
