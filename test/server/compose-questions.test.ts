import assert from 'node:assert/strict';
import type { QuestionRecord } from '../../backend/protocol/records';
import { composeQuestions } from '../../backend/server/compose-questions';

/** Questions of these domains, half of them for the test, of which each choice names its question. */
function questionsOf(sizes: Readonly<Record<string, number>>): QuestionRecord[] {
  const all = Object.entries(sizes).flatMap(([domain, size]) =>
    Array.from({ length: size }, (_, i) => ({ domain, id: `${domain}${i}` })),
  );
  return all.map(({ domain, id }, index) => ({
    ...{ index, id, domain },
    question: `What is ${id}?`,
    choices: [`${id} no`, `${id} yes`, `${id} YES `, `${id} never`],
    correct: 1,
    part: index % 2 === 0 ? 'heldout' : 'test',
  }));
}

const halvesOf = ({ id }: QuestionRecord): string[] => id.split('+');

function uses(composites: readonly QuestionRecord[]): number[] {
  const counts = new Map<string, number>();
  for (const id of composites.flatMap(halvesOf)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()];
}

describe('composite questions', () => {
  const questions = questionsOf({ law: 40, news: 40, math: 40 });
  const partOf = new Map(questions.map(({ id, part }) => [id, part]));

  it('join two domains of one part; every pair of domains equally often, no question twice', () => {
    const composites = composeQuestions(questions, { seed: 1 });
    assert.equal(composites.length, 2 * 3 * 10);
    for (const composite of composites) {
      const domains = halvesOf(composite).map((id) => id.replace(/\d+$/, ''));
      assert.equal(composite.domain, domains.sort().join(' + '));
      assert.equal(new Set(domains).size, 2);
      assert.deepEqual(new Set(halvesOf(composite).map((id) => partOf.get(id))), new Set([composite.part]));
    }
    for (const domain of ['law + math', 'law + news', 'math + news']) {
      assert.equal(composites.filter((one) => one.domain === domain).length, 20);
    }
    assert.deepEqual(new Set(uses(composites)), new Set([1]));
    assert.deepEqual(
      composites.map(({ index }) => index),
      composites.map((_, i) => i),
    );
  });

  it('have the right pair, two half-right ones and a wrong one, of which each answer is said as often', () => {
    const places = new Set<number | undefined>();
    for (const { id, choices = [], correct, question } of composeQuestions(questions, { seed: 2 })) {
      const [first, second] = id.split('+');
      assert.ok(question.indexOf(`What is ${first}?`) < question.indexOf(`What is ${second}?`));
      assert.equal(choices[correct ?? -1], `first: ${first} yes; second: ${second} yes`);
      const pairs = choices.map((choice) => choice.split('; '));
      for (const side of [0, 1]) {
        const said = pairs.map((pair) => pair[side]);
        assert.equal(new Set(said).size, 2);
        assert.equal(said.filter((text) => text === said[0]).length, 2);
        assert.ok(
          said.every((text) => !text.includes('YES')),
          'what says the same as the right choice is no wrong one',
        );
      }
      assert.equal(new Set(choices).size, 4);
      places.add(correct);
    }
    assert.equal(places.size, 4);
  });

  it('are the same of the same seed, and others of another one', () => {
    const drawn = composeQuestions(questions, { seed: 3 });
    assert.deepEqual(composeQuestions(questions, { seed: 3 }), drawn);
    assert.notDeepEqual(composeQuestions(questions, { seed: 4 }), drawn);
  });

  it('are as many as asked for, shared out by the sizes of the parts; questions take turns and no two meet twice', () => {
    const uneven = questionsOf({ law: 6, news: 12 });
    const composites = composeQuestions(uneven, { seed: 0, count: 30 });
    assert.equal(composites.length, 30);
    assert.equal(composites.filter(({ part }) => part === 'test').length, 15);
    assert.equal(new Set(composites.map((one) => halvesOf(one).sort().join('+'))).size, 30);
    const news = uses(
      composites.map((one) => ({ ...one, id: halvesOf(one).find((id) => id.startsWith('news')) ?? '' })),
    );
    assert.equal(Math.max(...news) - Math.min(...news), 1);
    assert.throws(() => composeQuestions(uneven, { seed: 0, count: 38 }), {
      message: /no more than 18 different .* held-out part, and 19/,
    });
  });

  it('are made of the part that has two domains alone', () => {
    const lopsided = questions.filter(({ part, domain }) => part === 'heldout' || domain === 'law');
    assert.ok(composeQuestions(lopsided, { seed: 0, count: 9 }).every(({ part }) => part === 'heldout'));
  });

  it('are refused in words where there is nothing to compose', () => {
    const refused = (given: readonly QuestionRecord[], message: RegExp): void =>
      assert.throws(() => composeQuestions(given, { seed: 0 }), { name: 'UserError', message });
    const [law] = questions;
    const { choices: _, correct: __, ...free } = law;
    const { domain: ___, ...homeless } = law;
    refused([], /has choices/);
    refused([{ ...free, answers: ['yes'] }], /None of these questions has choices/);
    refused([homeless, { ...law, choices: ['yes', 'Yes '], correct: 0 }], /both a domain and a wrong choice/);
    refused(questionsOf({ law: 9 }), /of two domains, and all of these are of one: law/);
    refused([law, { ...law, domain: 'news', part: 'test' }], /neither the held-out part nor the test part/);
  });
});
