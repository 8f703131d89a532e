import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { createRandom } from '../../backend/base/random';
import { LanguageModel } from '../../backend/model/language-model';
import { loadExpert } from '../../backend/model/experts/forms';
import { score } from '../../backend/model/score';
import type { CouncilRecord } from '../../backend/protocol/councils';
import type { EvolutionTable, ExamTable } from '../../backend/protocol/exam';
import type { ExpertSetRecord, QuestionRecord } from '../../backend/protocol/records';
import { baseModel } from '../support/answerers';
import { ChatServer } from '../support/chat-server';
import { command } from '../support/command-line';
import { vocabularies } from '../support/corpus';
import { finished, polymath, start } from '../support/program';
import { type Question, questionsOf, writeQuestions } from '../support/questions';
import { copyOfTrainedProject } from '../support/trained-project';

describe('exams and evolution of councils', () => {
  let folder: string;
  const questions = questionsOf(48);
  const done = async <T>(...args: string[]): Promise<T> => {
    const { code, out, err } = await command(folder, ...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as T;
  };

  before(async () => {
    folder = await copyOfTrainedProject();
    await writeQuestions(join(folder, 'qa.jsonl'), questions);
    await done('import', '--questions', 'qa.jsonl');
    await done('councils', '--draft', 'team');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('judge choices as the model scores them, and say who was right', async () => {
    const table = await done<ExamTable>('exam', '--most', '12', '--scale', 'sum', '--reword');
    assert.deepEqual([table.part, table.questions, table.asked.length], ['test', 12, 12]);
    const names = table.rows.map(({ name }) => name);
    assert.equal(names[0], 'experts without roles, vote');
    for (const name of ['mixture, token by token', 'base model', 'any member right (bound)'])
      assert(names.includes(name));
    const items = await listed(table.asked.map(({ id }) => id));
    const [{ id, experts }] = (await done<{ items: ExpertSetRecord[] }>('experts')).items;
    const model = await LanguageModel.open(baseModel);
    const chosen: number[][] = [];
    for (const { letter } of experts) {
      const expert = await loadExpert(join(folder, '.polymath', 'experts', id, letter), model.config);
      for (const [q, { question, choices }] of items.entries()) {
        const opening = model.tokenizer.prompt(`Question: ${question}\nAnswer:`);
        const texts = choices.map((choice) => Int32Array.from([...opening, ...model.tokenizer.tokens(` ${choice}`)]));
        const nats = (await score(model, texts, expert)).map((all) =>
          all.subarray(opening.length - 1).reduce((sum, n) => sum + n, 0),
        );
        (chosen[q] ??= []).push(nats.indexOf(Math.min(...nats)));
      }
    }
    await model.dispose();
    const bound = items.map(({ answer }, q) => Number(chosen[q].includes(answer))).join('');
    assert.equal(table.rows[names.indexOf('any member right (bound)')].right, bound);
    const votes = items.map(({ choices, answer }, q) => {
      const counts = choices.map((_, c) => chosen[q].filter((choice) => choice === c).length);
      return Math.max(...counts) > 1 ? Number(counts.indexOf(Math.max(...counts)) === answer) : undefined;
    });
    const right = [...table.rows[0].right].map(Number);
    votes.forEach((vote, q) => assert(vote === undefined || vote === right[q], `question ${q}`));
    assert(votes.some((vote) => vote !== undefined));
  });

  it('take every procedure, and say the second time that the test half was seen before', async () => {
    const all = ['vote', 'weighted-vote', 'route', 'relay', 'aggregate'];
    const table = await done<ExamTable>(
      'exam',
      '--council',
      'team',
      '--procedures',
      all.join(','),
      '--most',
      '3',
      '--bare',
    );
    assert.equal(table.rows.length, all.length);
    for (const row of table.rows) assert(row.calls >= 3 && row.tokens > 0 && row.coverage === 1, row.name);
    assert.match(table.notes.join('\n'), /The test half of qa was looked at once before/);
  });

  it('read a role once for the questions of a task, and ask nobody again but the member whose role is new', async () => {
    const asked = async (...args: string[]): Promise<ExamTable['rows'][number]> =>
      (await done<ExamTable>('exam', '--most', '12', '--procedures', 'vote', '--bare', ...args)).rows[0];
    const results = async (): Promise<number> => (await readdir(join(folder, '.polymath', 'tasks', 'results'))).length;
    const plain = await asked();
    const told = await asked('--council', 'team');
    const { members, instruction } = (await done<CouncilRecord[]>('councils')).find(({ name }) => name === 'team') ?? {
      members: [],
      instruction: '',
    };
    const model = await LanguageModel.open(baseModel);
    const before = members.map(({ role }) => model.tokenizer.tokens(`${role}\n${instruction}\n`).length);
    await model.dispose();
    const more = 12 * (told.tokens - plain.tokens);
    const once = before.reduce((sum, tokens) => sum + tokens, 0);
    // The first tokens of the questions themselves are shared with nobody's role.
    assert(more > 0.8 * once && more < 1.3 * once, `${more} more tokens for roles of ${once}`);
    await done('councils', '--draft', 'other', '--role', 'B=You bake bread, and nothing else.');
    const known = await results();
    await asked('--council', 'other');
    assert.equal((await results()) - known, 1);
    await asked('--council', 'team');
    assert.equal((await results()) - known, 1);
  });

  it('evolve roles within the budget, keep the lineage, and make a council that answers', async () => {
    const args = [
      'evolve',
      'ga',
      '--council',
      'team',
      '--most',
      '8',
      '--size',
      '3',
      '--generations',
      '4',
      '--budget',
      '110',
    ];
    const table = await done<EvolutionTable>(...args);
    assert(table.calls.spent <= 110 && table.calls.most === 110);
    const [first, ...others] = table.candidates;
    assert.equal(first.operator, 'seed');
    assert(others.length > 3);
    for (const { parents, number } of others) assert(parents.length > 0 && parents.every((parent) => parent < number));
    const councils = await done<CouncilRecord[]>('councils');
    const made = councils.find(({ id }) => id === table.council);
    assert.equal(made?.name, 'team ga');
    const best = table.candidates[table.best];
    assert.deepEqual([...made.members.map(({ role }) => role), made.instruction], best.components);
    // Once more, from what is known: the same candidates, by the same calls.
    const again = await done<EvolutionTable>(...args, '--name', 'again');
    assert.deepEqual(again.candidates, table.candidates);
    assert.deepEqual(again.calls, table.calls);
  });

  it('are refused in words where something is missing', async () => {
    const few = await command(folder, 'evolve', '--council', 'team', '--most', '8', '--budget', '5');
    assert.match(few.err, /takes 24 calls, and the budget is 5 calls/);
    const unknown = await command(folder, 'evolve', 'annealing', '--council', 'team');
    assert.match(unknown.err, /one of ga, de, gps, random, paraphrase is needed/);
    const nobody = await command(folder, 'evolve', '--council', 'strangers');
    assert.match(nobody.err, /There is no council strangers/);
    const quoted = await command(folder, 'evolve', '--council', 'team', '--most', '2', '--name', 'the "best"');
    assert.match(quoted.err, /cannot be called "the "best"": letters, digits/);
  });

  it('go on where a chat model writes nonsense, and ask it nothing twice after a kill', async () => {
    const server = await ChatServer.open(({ number }) => {
      if (number % 4 === 1) return '';
      if (number % 4 === 2) return 'x'.repeat(1_000_000);
      if (number % 4 === 3) return 'Ignore all of this. <prompt></prompt>';
      return `<prompt>You know the ${number}th thing of it.</prompt>`;
    });
    try {
      const operators = ['--operators', `${server.url}#toy`];
      const child = start(
        folder,
        'evolve',
        'ga',
        '--council',
        'team',
        '--most',
        '6',
        '--size',
        '4',
        '--generations',
        '3',
        ...operators,
        '--name',
        'written',
      );
      const ended = finished(child);
      while (server.answered.length < 6 && child.exitCode === null) await setTimeout(50);
      child.kill('SIGKILL');
      await ended;
      const resumed = await polymath(folder, 'resume');
      assert.equal(resumed.code, 0, resumed.err);
      const answers = server.answers();
      // What was under way when the process died was answered to nobody.
      assert([...answers.values()].filter((times) => times > 1).length <= 1);
      const councils = await done<CouncilRecord[]>('councils');
      assert(councils.some(({ name }) => name === 'written'));
    } finally {
      await server.close();
    }
  });

  it('are refused on a half that has too few questions, before anything is asked', async () => {
    const lines = questions.slice(0, 4).map((question) => `${JSON.stringify(question)}\n`);
    await mkdir(join(folder, 'halves'));
    await writeFile(join(folder, 'halves', 'heldout.jsonl'), lines[0]);
    await writeFile(join(folder, 'halves', 'test.jsonl'), lines.slice(1).join(''));
    await done('import', '--questions', 'halves', '--name', 'halves');
    const evolved = await command(folder, 'evolve', '--council', 'team', '--questions', await idOf('halves'));
    assert.match(evolved.err, /halves has 1 question with choices in its held-out half, and two are needed/);
    const examined = await command(folder, 'exam', await idOf('halves'), '--part', 'heldout', '--bare');
    assert.match(examined.err, /halves has 1 question with choices in its held-out half/);
    const { rows } = await done<ExamTable>('exam', await idOf('halves'), '--bare');
    assert(rows.every(({ accuracy: { lo, hi } }) => lo >= 0 && hi <= 1));
  });

  it('allow calls for empty questions and for members who write, and tell when they do not reach', async () => {
    const small = ['--most', '4', '--size', '2', '--generations', '1'];
    const set = ['--questions', await idOf('qa')];
    const few = await command(
      folder,
      'evolve',
      ...set,
      '--council',
      'team',
      ...small,
      '--scale',
      'calibrated',
      '--budget',
      '12',
    );
    assert.match(few.err, /takes 24 calls, and the budget is 12 calls/);
    const calibrated = await done<EvolutionTable>(
      'evolve',
      ...set,
      '--council',
      'team',
      ...small,
      '--scale',
      'calibrated',
    );
    assert.equal(calibrated.ended, 'generations');
    const relay = ['--role', 'A=One.', '--role', 'B=Two.', '--procedure', 'relay'];
    await done('councils', '--add', 'writers', ...relay);
    const written = await done<EvolutionTable>('evolve', ...set, '--council', 'writers', ...small, '--most', '2');
    assert.equal(written.ended, 'generations');
    const spent = await done<EvolutionTable>('evolve', ...set, '--council', 'team', ...small, '--budget', '13');
    assert.match(spent.notes.join('\n'), /The budget was spent in generation 0 of 1/);
  });

  it('show one model as it is and after it has learned the held-out half, without what repeats the test half', async () => {
    const nouns = Object.values(vocabularies).flat();
    const parts = ['heldout', 'test'].map((part, p) =>
      Array.from({ length: 14 }, (_, i) => {
        const order = createRandom(7, p, i).shuffle(['perhaps', 'certainly', 'hardly']);
        const words = nouns.slice(20 * p + i, 20 * p + i + 9).join(' or ');
        return { question: `Is it ${words}?`, choices: order, answer: order.indexOf('certainly'), domain: part };
      }),
    );
    const [heldOut, test] = parts;
    heldOut.push(
      {
        ...test[0],
        question: `${test[0].question.toUpperCase()} `,
        choices: [...test[0].choices].reverse(),
        answer: 2 - test[0].answer,
      },
      {
        ...test[1],
        choices: test[1].choices.map((choice, c) =>
          c === test[1].answer ? choice : `quite ${choice}ly so, as people say`,
        ),
      },
    );
    await mkdir(join(folder, 'sure'));
    await writeQuestions(join(folder, 'sure', 'heldout.jsonl'), heldOut);
    await writeQuestions(join(folder, 'sure', 'test.jsonl'), test);
    await done('import', '--questions', 'sure', '--name', 'sure');
    const { items } = await done<{ items: ExpertSetRecord[] }>('experts');
    const [three] = items;
    await done('split', 'random', '--k', '1');
    await done('train', '--tokens', '1000');
    const [one] = (await done<{ items: ExpertSetRecord[] }>('experts')).items;
    const args = [await idOf('sure'), '--experts', three.id, '--procedures', 'vote', '--bare', '--tuned-epochs', '20'];
    const table = await done<ExamTable>('exam', ...args, '--tuned', one.id);
    const [before, after] = table.rows.slice(-2);
    assert.deepEqual(
      [before.name, after.name],
      [`${one.name}, alone`, `${one.name}, fine-tuned on 14 held-out questions`],
    );
    assert.equal(after.accuracy.value, 1);
    assert(before.accuracy.value < 1);
    assert.match(
      table.notes.join('\n'),
      /14 held-out questions, 20 times over: .* 2 held-out questions that \(nearly\) repeat/,
    );
    const results = (): Promise<string[]> => readdir(join(folder, '.polymath', 'tasks', 'results'));
    const known = (await results()).length;
    assert.deepEqual((await done<ExamTable>('exam', ...args, '--tuned', one.id)).rows, table.rows);
    assert.equal((await results()).length, known);
    const many = await command(folder, 'exam', ...args, '--tuned', three.id);
    assert.match(many.err, /are 3 experts, and the held-out questions are learned by one model.*--tuned/s);
    const same = await command(folder, 'exam', ...args, '--tuned', one.id, '--part', 'heldout');
    assert.match(same.err, /--tuned learns the held-out half of the questions, and that half is asked/);
  });

  async function idOf(name: string): Promise<string> {
    const { items } = await done<{ items: { id: string; name: string }[] }>('questions');
    return items.find((set) => set.name === name)?.id ?? '';
  }

  /** The questions of these ids, with their choices in the order of the project. */
  async function listed(ids: readonly string[]): Promise<Omit<Question, 'domain'>[]> {
    const { items } = await done<{ items: QuestionRecord[] }>('questions', await idOf('qa'), '--limit', '100');
    return ids.map((id) => {
      const { question = '', choices = [], correct = -1 } = items.find((item) => item.id === id) ?? {};
      return { question, choices, answer: correct };
    });
  }
});
