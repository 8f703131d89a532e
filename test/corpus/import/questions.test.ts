import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type ImportedQuestions, importQuestions } from '../../../backend/corpus/import/import-questions';
import { questionRecord, questionSetRecord } from '../../../backend/protocol/records';
import { importQuestionsKind } from '../../../backend/kinds/import-questions/spec';
import { specOf } from '../../../backend/kinds/read-spec';
import { Workshop } from './support';

describe('import of questions', () => {
  let workshop: Workshop;
  beforeEach(async () => (workshop = await Workshop.open()));
  afterEach(() => workshop.close());

  const read = async (source: string, options: object = {}): Promise<ImportedQuestions> => {
    const spec = specOf(importQuestionsKind, { source, ...options });
    const found = await importQuestions(spec, { report: () => undefined, signal: new AbortController().signal });
    assert.deepEqual(questionSetRecord.parse(found.set), found.set);
    for (const one of found.questions) assert.deepEqual(questionRecord.parse(one), one);
    return found;
  };

  it('answers as index, letter, text, or one of the free answers', async () => {
    const rows = [
      { id: 'q', question: 'index', choices: ['x', 'y'], answer: 1, domain: 'math' },
      { prompt: 'letter', choices: ['x', 'y'], answer: '(B)' },
      { question: 'text that is a number', choices: ['1', '0'], answer: '0' },
      { question: 'columns', A: 'x', B: 'y', C: 'z', answer: 'C', subject: 'law' },
      { question: 'free', answer: 42, category: 'math' },
      { question: 'several', answers: ['a', 'b'], id: 'q' },
    ];
    const { questions } = await read(
      await workshop.write('q.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')),
    );
    assert.deepEqual(
      questions.map(({ correct, answers, domain }) => correct ?? [answers, domain]),
      [1, 1, 1, 2, [['42'], 'math'], [['a', 'b'], undefined]],
    );
    assert.deepEqual(
      questions.map(({ id }) => id),
      ['q', '2', '3', '4', '5', 'q#2'],
    );
  });

  it('a table with columns A to D', async () => {
    const { questions } = await read(await workshop.write('q.csv', 'question,A,B,C,D,answer\n"one, two?",1,2,3,,b\n'));
    assert.deepEqual(
      [questions[0].question, questions[0].choices, questions[0].correct],
      ['one, two?', ['1', '2', '3'], 1],
    );
  });

  it('reports what is no question, with its line', async () => {
    const { rejections, set } = await read(
      await workshop.write(
        'bad.jsonl',
        '{"question": "good", "answer": "x"}\n{"choices": []}\n{"question": "q"}\n{"question": "q", "choices": ["x", "y"], "answer": "z"}\n',
        '{"question": "q", "choices": ["x"], "answer": 0}\n{"question": "q", "choices": ["x", ""], "answer": 0}\n{"question": 1, "answer": 0}\n',
        '{"question": "q", "choices": ["x", "y"], "answer": 2}\n{"question": "half \\ud83d", "answer": 0}\n?\n',
      ),
    );
    assert.equal(set.rejected, 9);
    assert.deepEqual(
      rejections.slice(0, 8).map(({ line, reason }) => `${line} ${reason}`),
      [
        '2 no question: none of the fields question, prompt, input',
        '3 no answer: none of the fields answer, answers, correct, target, label',
        '4 the answer "z" is none of the 2 choices',
        '5 the choices are not a list of two or more',
        '6 choice 2 is empty or no text',
        '7 the question is not a string',
        '8 the answer "2" is none of the 2 choices',
        '9 it holds half of a surrogate pair',
      ],
    );
    await assert.rejects(
      read(await workshop.write('none.jsonl', '{}\n')),
      /all rows were rejected \(1\), none\.jsonl line 1/,
    );
    await assert.rejects(read(workshop.path('missing.jsonl')), /There is no file/);
    await assert.rejects(read(await workshop.write('plain.txt', 'x')), /plain text/);
  });

  it('makes one of choices that are the same, and takes no question with nothing to choose', async () => {
    const rows = [
      { question: 'a', choices: ['x', 'x ', 'y', 'z'], answer: 1 },
      { question: 'b', choices: ['x', 'y', 'x', 'z'], answer: 'z' },
      { question: 'c', choices: ['x', 'x'], answer: 0 },
    ];
    const { questions, rejections } = await read(
      await workshop.write('twins.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')),
    );
    assert.deepEqual(
      questions.map(({ choices, correct }) => [choices, correct]),
      [
        [['x', 'y', 'z'], 0],
        [['x', 'y', 'z'], 2],
      ],
    );
    assert.deepEqual(
      rejections.map(({ reason }) => reason),
      ['all choices are the same'],
    );
  });

  it('draws the test part per domain and by the seed; equal questions stay together', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => {
      const choices = i % 2 === 0 ? ['yes', 'no'] : ['No', 'YES'];
      return JSON.stringify({
        question: `Question  ${Math.floor(i / 2) % 50}?`,
        choices,
        answer: 0,
        domain: `d${Math.floor(i / 2) % 5}`,
      });
    });
    const path = await workshop.write('many.jsonl', rows.join('\n'));
    const { questions, set } = await read(path, { test: 0.3, seed: 5 });
    for (const domain of set.domains) {
      const parts = questions.filter((one) => one.domain === domain.name).map(({ part }) => part);
      assert.equal(
        parts.filter((part) => part === 'test').length,
        Math.round(0.3 * parts.length - 0.5) - (Math.round(0.3 * parts.length - 0.5) % 2),
      );
    }
    const parts = new Map<string, Set<string>>();
    for (const one of questions) parts.set(one.question, (parts.get(one.question) ?? new Set()).add(one.part));
    assert([...parts.values()].every((seen) => seen.size === 1));
    assert.deepEqual((await read(path, { test: 0.3, seed: 5 })).questions, questions);
    assert.notDeepEqual((await read(path, { test: 0.3, seed: 6 })).questions, questions);
  });

  it('a folder with both parts keeps them', async () => {
    await workshop.write('heldout.jsonl', '{"question": "a", "answer": "x"}\n');
    await workshop.write('test.jsonl', '{"question": "b", "answer": "x"}\n{"question": "c", "answer": "x"}\n');
    const { set, questions } = await read(join(workshop.folder, 'source'));
    assert.deepEqual(set.questions, { total: 3, heldout: 1, test: 2 });
    assert.deepEqual(
      questions.map(({ part }) => part),
      ['heldout', 'test', 'test'],
    );
  });
});
