import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../backend/base/random';
import { AnswerBook } from '../../backend/chat/answer-book';
import { type ChatModel, LongQuestionError } from '../../backend/chat/chat-model';
import { algorithmNamed, algorithms } from '../../backend/evolve/algorithms';
import type { Components, Mark, Proposal } from '../../backend/evolve/candidate';
import { evolve, type Evolution } from '../../backend/evolve/evolve';
import { CallBudget, type Examiner } from '../../backend/evolve/examiner';
import { fleissKappa, scoresOf } from '../../backend/evolve/fitness';
import { ChatOperators } from '../../backend/evolve/operators/chat';
import { Edits } from '../../backend/evolve/operators/edits';
import { phrasesOf } from '../../backend/evolve/operators/phrases';
import { selections } from '../../backend/evolve/selection';

const terms = ['rivers', 'statutes', 'cells', 'goals', 'sums', 'verbs', 'stars', 'ships', 'seeds', 'tolls'];
/** Each question is answered right where one phrase stands in the texts; one more where nothing else does. */
const wanted = terms.slice(0, 5).map((term) => `Think of ${term}.`);
const weights = { likelihood: 0, information: 0, agreement: 0, length: 0 };
const seeds: Proposal[] = ['You help.', 'You are asked.', 'You judge.', 'You know.'].map((text) => ({
  components: [text],
  operator: 'seed',
  parents: [],
}));

class Toy implements Examiner {
  readonly questions = wanted.length + 1;
  asked = 0;

  constructor(readonly budget = new CallBudget(Infinity)) {}

  examine([text]: Components, questions: readonly number[]): Promise<Mark[]> {
    this.budget.take(questions.length);
    this.asked += questions.length;
    const phrases = phrasesOf(text);
    const others = phrases.filter((phrase) => !wanted.includes(phrase)).length;
    const marks = questions.map((question) =>
      markOf(question < wanted.length ? phrases.includes(wanted[question]) : others === 0),
    );
    return Promise.resolve(marks);
  }
}

function markOf(right: boolean): Mark {
  return { right, correct: 0, shares: right ? [0.9, 0.1] : [0.1, 0.9], favourites: [right ? 0 : 1] };
}

async function run(name: string, seed: number, examiner: Examiner, block?: number): Promise<Evolution> {
  const random = createRandom(seed);
  const tools = {
    random,
    operators: new Edits(createRandom(seed, 1)),
    select: selections.tournament,
    subjectOf: () => ({ component: 0, terms }),
  };
  const settings = { size: 10, generations: 1000, weights, block };
  return evolve(algorithmNamed(name), seeds, examiner, tools, settings, { signal: new AbortController().signal });
}

describe('evolution of texts', () => {
  it('finds the best text of a toy task within a budget more often than random search', async () => {
    const found = new Map<string, number>();
    for (const { name } of algorithms) {
      let times = 0;
      for (const seed of [1, 2, 3, 4, 5]) {
        const { best } = await run(name, seed, new Toy(new CallBudget(6000)));
        times += Number(best.scores.accuracy === 1);
      }
      found.set(name, times);
    }
    const { random = 0, ga = 0, de = 0, gps = 0 } = Object.fromEntries(found);
    for (const times of [ga, de, gps]) assert(times > random && times >= 4, JSON.stringify([...found]));
  });

  it('ends where nothing new comes about', async () => {
    const { ended } = await run('paraphrase', 1, new Toy());
    assert.equal(ended, 'exhausted');
  });

  it('keeps the budget to the call, and ends with what it found', async () => {
    for (const name of ['ga', 'de', 'gps']) {
      const toy = new Toy(new CallBudget(200));
      const { ended, best, archive } = await run(name, 1, toy);
      assert.equal(ended, 'budget');
      assert.equal(toy.asked, toy.budget.spent);
      assert(toy.budget.spent <= 200 && toy.budget.spent > 200 - toy.questions, name);
      assert(archive.every(({ scores }) => scores.fitness <= best.scores.fitness));
    }
  });

  it('gives the same candidates for the same seed, with parents that came before their children', async () => {
    const [once, again] = [
      await run('ga', 7, new Toy(new CallBudget(900))),
      await run('ga', 7, new Toy(new CallBudget(900))),
    ];
    assert.deepEqual(
      once.archive.map(({ components }) => components),
      again.archive.map(({ components }) => components),
    );
    const texts = once.archive.map(({ components }) => components[0]);
    assert.equal(new Set(texts).size, texts.length);
    assert(once.twins > 0);
    for (const { number, parents } of once.archive) assert(parents.every((parent) => parent < number));
  });

  it('asks losers of a race fewer questions, and never lets one be the best', async () => {
    const questions = 64;
    let asked = 0;
    // A text is as good as it thinks of many things.
    const examiner: Examiner = {
      questions,
      examine: ([text], which) => {
        asked += which.length;
        const skill = text.split('Think').length - 1;
        return Promise.resolve(which.map((question) => markOf((question * 37) % questions < 4 + 6 * skill)));
      },
    };
    const tools = {
      random: createRandom(1),
      operators: new Edits(createRandom(2)),
      select: selections.roulette,
      subjectOf: () => ({ component: 0, terms }),
    };
    const settings = { size: 4, generations: 20, weights, block: 16 };
    const watch = { signal: new AbortController().signal };
    const { archive, best } = await evolve(algorithmNamed('ga'), seeds, examiner, tools, settings, watch);
    assert(archive.some(({ dropped }) => dropped));
    assert(!best.dropped);
    assert.equal(best.marks.size, questions);
    assert(asked < archive.length * questions);
  });
});

describe('operators by a chat model', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'polymath-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  const operators = async (longest: number): Promise<ChatOperators> => {
    const model: ChatModel = {
      name: 'toy',
      ask: (turns) => {
        const text = turns.map(({ content }) => content).join('');
        if (text.length > longest) return Promise.reject(new LongQuestionError('That is too long.', 'Shorten it.'));
        return Promise.resolve({ text: '<prompt>You know.</prompt>', tokens: 1, finish: 'stop' });
      },
    };
    const { signal } = new AbortController();
    const book = await AnswerBook.open(join(folder, `${longest}.jsonl`));
    return new ChatOperators(model, book, new Edits(createRandom(1)), signal);
  };
  const subject = { component: 0, terms };

  it('let edits stand in where a text is longer than the model reads, and go on with the others', async () => {
    const chat = await operators(2000);
    for (const text of ['long '.repeat(500), 'longer '.repeat(500), 'You help.', 'longest '.repeat(500)]) {
      const written = await chat.rephrase(text, 0, subject);
      assert.equal(written === 'You know.', text === 'You help.');
    }
    assert.deepEqual([chat.figures.long, chat.figures.silent, chat.figures.malformed], [3, 0, 0]);
  });

  it('give a model up that can read none of the first texts, and say so', async () => {
    const chat = await operators(10);
    await chat.rephrase('One.', 0, subject);
    await chat.rephrase('Two.', 0, subject);
    await assert.rejects(chat.rephrase('Three.', 0, subject), /cannot read the questions: That is too long/);
  });
});

describe('fitness', () => {
  const marks = (right: number, favourites: number[][]): Mark[] =>
    favourites.map((own, i) => ({ ...markOf(i < right), favourites: own }));

  it('lets no agreement outvote one question more', () => {
    const apart = Array.from({ length: 10 }, (_, i) => [i % 2, (i + 1) % 2]);
    const alike = Array.from({ length: 10 }, (_, i) => [i % 2, i % 2]);
    const by = { ...weights, agreement: 1 };
    const [better, agreeing] = [scoresOf(marks(6, apart), 10, 10, by), scoresOf(marks(5, alike), 10, 10, by)];
    assert(agreeing.agreement > better.agreement);
    assert(better.fitness > agreeing.fitness);
    assert(scoresOf(marks(5, alike), 10, 10, by).fitness > scoresOf(marks(5, apart), 10, 10, by).fitness);
  });

  it("has Fleiss' kappa as in the literature", () => {
    // The example of Fleiss (1971) as it is often told: 10 subjects, 14 raters, 5 categories; kappa is 0.210.
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const rated = counts.map((row) => ({
      favourites: row.flatMap((n, choice) => Array.from({ length: n }, () => choice)),
    }));
    assert.equal(fleissKappa(rated).toFixed(3), '0.210');
  });

  it('takes words off for texts that grow', () => {
    const by = { ...weights, length: 0.05 };
    const own = marks(
      5,
      Array.from({ length: 10 }, () => [0, 0]),
    );
    assert.equal(scoresOf(own, 20, 10, by).fitness, 0.5 - 0.05);
    assert.equal(scoresOf(own, 5, 10, by).fitness, 0.5);
  });
});
