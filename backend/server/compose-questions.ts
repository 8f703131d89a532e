/**
 * Composite questions: two multiple-choice questions of different domains joined into one whose answer is the pair, so that what an
 * expert of one domain knows does not suffice.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../base/errors';
import { formatCount } from '../base/format';
import { createRandom, type Random } from '../base/random';
import type { Given } from '../protocol/messages';
import type { QuestionRecord, QuestionSetRecord } from '../protocol/records';
import type { Store } from '../store/store';

type Part = QuestionRecord['part'];

/** A question that can be half of a composite. */
interface Half {
  readonly question: QuestionRecord;
  readonly domain: string;
  readonly right: string;
  /** Choices that do not say the same as the right one; one at least. */
  readonly wrong: readonly string[];
}

/** The halves of one part, domain by domain; none where there are not two domains. */
type Pool = readonly (readonly Half[])[];

/**
 * Makes composites of the questions of a set and keeps them as a set; the same request finds the same set. Throws UserError where the
 * set holds composites, or as `composeQuestions` does.
 */
export async function addComposites(
  store: Store,
  { set, name, ...how }: Given<'questions/compose'>,
): Promise<QuestionSetRecord> {
  const from = await store.questions.getSet(set);
  if (from.composedOf !== undefined) {
    throw new UserError(
      `The questions of ${from.name} are composites already.`,
      `Compose those that they were made of: polymath questions compose ${from.composedOf}`,
    );
  }
  const { items } = await store.questions.list(from.id, { offset: 0, limit: Math.max(1, from.questions.total) });
  const questions = composeQuestions(items, how);
  const read = JSON.stringify(items);
  const key = JSON.stringify([from.id, how.seed, how.count, name]);
  const inPart = (part: Part): number => questions.filter((question) => question.part === part).length;
  const record: QuestionSetRecord = {
    id: `questions-${sha256(key).slice(0, 20)}`,
    name: name ?? `${from.name}, composed`.slice(0, 200),
    created: new Date().toISOString(),
    source: { path: from.source.path, bytes: Buffer.byteLength(read), sha256: sha256(read) },
    seed: how.seed,
    questions: { total: questions.length, heldout: inPart('heldout'), test: inPart('test') },
    domains: domainsOf(questions),
    rejected: 0,
    composedOf: from.id,
  };
  await store.questions.add(record, questions);
  return store.questions.getSet(record.id);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function domainsOf(questions: readonly QuestionRecord[]): QuestionSetRecord['domains'] {
  const names = [...new Set(questions.flatMap(({ domain }) => domain ?? []))].sort();
  const sizeOf = (name: string): number => questions.filter(({ domain }) => domain === name).length;
  return names.map((name) => ({ name, questions: sizeOf(name) })).sort((a, b) => b.questions - a.questions);
}

/**
 * Composites of held-out questions, then of test questions, never of both. `count` is shared out by how many questions the parts have;
 * by default it is what uses no question twice, or one composite of each pair of domains. Pairs of domains take turns, and so do the
 * questions of a domain. The same questions and seed give the same composites. Throws UserError where no part has questions with
 * choices of two domains, or not so many composites can be made.
 */
export function composeQuestions(
  questions: readonly QuestionRecord[],
  { count, seed }: { readonly count?: number | undefined; readonly seed: number },
): QuestionRecord[] {
  const halves = questions.flatMap(halfOf);
  const pools = (['heldout', 'test'] as const).map((part) => ({ part, pool: poolOf(halves, part) }));
  const sizes = pools.map(({ pool }) => pool.flat().length);
  const all = sizes[0] + sizes[1];
  if (all === 0) throw nothingToCompose(questions, halves);
  const heldout = count === undefined ? 0 : Math.round((count * sizes[0]) / all);
  const wanted = count === undefined ? pools.map(({ pool }) => withoutRepetition(pool)) : [heldout, count - heldout];
  const drawn = pools.flatMap(({ part, pool }, p) => {
    const most = pairsOf(pool).reduce((sum, [a, b]) => sum + a.length * b.length, 0);
    if (wanted[p] > most) throw tooMany(part, wanted[p], most);
    return joinAll(pool, wanted[p], createRandom(seed, p));
  });
  return drawn.map((question, index) => ({ ...question, index }));
}

function halfOf(question: QuestionRecord): Half[] {
  const { choices = [], correct, domain } = question;
  if (correct === undefined || domain === undefined) return [];
  const plain = (text: string): string => text.trim().toLowerCase();
  const right = choices[correct];
  const wrong = choices.filter((choice) => plain(choice) !== plain(right));
  return wrong.length === 0 ? [] : [{ question, domain, right, wrong }];
}

function poolOf(halves: readonly Half[], part: Part): Pool {
  const own = halves.filter(({ question }) => question.part === part);
  const names = [...new Set(own.map(({ domain }) => domain))].sort();
  return names.length < 2 ? [] : names.map((name) => own.filter(({ domain }) => domain === name));
}

/** Every two of them, the earlier one first. */
const pairsOf = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));

/** How many composites have every pair of domains equally often and every question at most once; one of each pair at least. */
function withoutRepetition(pool: Pool): number {
  const smallest = Math.min(...pool.map((domain) => domain.length));
  return pool.length === 0 ? 0 : pairsOf(pool).length * Math.max(1, Math.floor(smallest / (pool.length - 1)));
}

function joinAll(pool: Pool, count: number, random: Random): Omit<QuestionRecord, 'index'>[] {
  // Whoever was used goes to the end of its queue, so those in front were used least.
  let pairs = random.shuffle(pairsOf(pool.map((domain) => random.shuffle(domain))));
  const joined = new Set<string>();
  const composites: Omit<QuestionRecord, 'index'>[] = [];
  while (composites.length < count) {
    const [pair, ...others] = pairs;
    const both = takeUnjoined(...pair, joined);
    if (both !== undefined) composites.push(join(random.shuffle(both), random));
    pairs = both === undefined ? others : [...others, pair];
  }
  return composites;
}

/** The two that were used least and not together, moved to the ends of their queues; undefined where all were together. */
function takeUnjoined(first: Half[], second: Half[], joined: Set<string>): [Half, Half] | undefined {
  for (const [i, a] of first.entries()) {
    for (const [j, b] of second.entries()) {
      const key = `${a.question.index} ${b.question.index}`;
      if (joined.has(key)) continue;
      joined.add(key);
      first.push(...first.splice(i, 1));
      second.push(...second.splice(j, 1));
      return [a, b];
    }
  }
  return undefined;
}

/**
 * Two questions as one. Each answer stands in two of the four choices, so neither a half of what is to be known nor how often
 * something is said tells the right one.
 */
function join([first, second]: readonly Half[], random: Random): Omit<QuestionRecord, 'index'> {
  const [wrongFirst, wrongSecond] = [first, second].map(({ wrong }) => wrong[random.below(wrong.length)]);
  const pair = (one: string, other: string): string => `first: ${one.trim()}; second: ${other.trim()}`;
  const right = pair(first.right, second.right);
  const choices = random.shuffle([
    right,
    pair(first.right, wrongSecond),
    pair(wrongFirst, second.right),
    pair(wrongFirst, wrongSecond),
  ]);
  return {
    id: `${first.question.id}+${second.question.id}`,
    question:
      'Two questions are asked. An answer gives the answer to the first, then the answer to the second, in this form: ' +
      `first: …; second: …\n\nFirst question:\n${first.question.question}\n\nSecond question:\n${second.question.question}`,
    choices,
    correct: choices.indexOf(right),
    domain: [first.domain, second.domain].sort().join(' + '),
    part: first.question.part,
  };
}

function nothingToCompose(questions: readonly QuestionRecord[], halves: readonly Half[]): UserError {
  const next = 'Import multiple-choice questions with a field domain: polymath import --questions FILE.';
  if (!questions.some(({ choices }) => choices !== undefined)) {
    return new UserError('None of these questions has choices, and a composite is made of choices.', next);
  }
  const domains = [...new Set(halves.map(({ domain }) => domain))];
  if (domains.length === 0) {
    return new UserError('None of these questions has both a domain and a wrong choice.', next);
  }
  if (domains.length === 1) {
    return new UserError(
      `A composite joins questions of two domains, and all of these are of one: ${domains[0]}.`,
      'Import questions of several domains as one set.',
    );
  }
  return new UserError(
    'A composite joins questions of two domains, and neither the held-out part nor the test part has two.',
    'Import more questions, or with another share for the test: polymath import --questions FILE --test 0.5.',
  );
}

const tooMany = (part: Part, wanted: number, most: number): UserError =>
  new UserError(
    `Of these questions no more than ${formatCount(most)} different composites can be made for the ` +
      `${part === 'test' ? 'test' : 'held-out'} part, and ${formatCount(wanted)} were asked for.`,
    'Ask for fewer with --count, or import more questions.',
  );
