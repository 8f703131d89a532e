import { z } from 'zod';
import { UserError } from '../../base/errors';
import { formatNumber } from '../../base/format';
import { councilRecord } from '../../protocol/councils';
import {
  type ExpertSetRecord,
  expertSetRecord,
  questionRecord,
  type QuestionRecord,
  questionSetRecord,
} from '../../protocol/records';
import type { Store } from '../../store/store';
import { gatherExperts, type KindInputs } from '../shared/inputs';
import type { ExamSpec } from './spec';

/** How questions are answered: chosen, or written. */
export type Answers = NonNullable<ExamSpec['answers']>;

/** What such questions have. */
export const toldOf: Readonly<Record<Answers, string>> = { choices: 'choices', free: 'free answers' };

/** The questions of a set that are answered in one way. */
export const askedQuestions = z.object({
  answers: z.enum(['choices', 'free']),
  set: questionSetRecord,
  /** Of both halves; the choices of those with free answers are these. */
  questions: z.array(questionRecord),
  /** How many were left out, because they are answered in the other way. */
  others: z.int(),
});
type AskedQuestions = z.infer<typeof askedQuestions>;

const schema = askedQuestions.extend({
  experts: expertSetRecord,
  council: councilRecord.optional(),
  against: councilRecord.optional(),
  rival: expertSetRecord.optional(),
  tuned: expertSetRecord.optional(),
  /** Of the mixer. */
  weights: z.unknown().optional(),
  /** Earlier exams on the test half of this set, the latest first. */
  looks: z.array(z.string()),
});
export type ExamInputs = z.infer<typeof schema>;

const everything = { offset: 0, limit: 1_000_000 };

export const examInputs: KindInputs<ExamSpec, ExamInputs> = {
  schema,
  gather: async (
    store,
    { experts: id, questions: set, answers: asked, part, council, against, rival, tuned, mixer },
  ) => {
    const experts = await gatherExperts(store, id);
    const answers = asked ?? (await usualAnswers(store, set));
    const found = await gatherQuestions(store, set, answers);
    requireQuestions(found, part);
    return {
      experts,
      ...found,
      ...(council !== undefined && { council: await councilOf(store, experts, council) }),
      ...(against !== undefined && { against: await councilOf(store, experts, against) }),
      ...(rival !== undefined && { rival: await gatherExperts(store, rival) }),
      ...(tuned !== undefined && { tuned: await oneExpert(store, found, tuned) }),
      ...(mixer !== undefined && { weights: await weightsOf(store, experts, mixer) }),
      looks: await earlierLooks(store, set),
    };
  },
};

/** The questions of a set that are answered so. Throws UserError where it has none. */
export async function gatherQuestions(store: Store, id: string, answers: Answers): Promise<AskedQuestions> {
  const set = await store.questions.getSet(id);
  const { items } = await store.questions.list(id, everything);
  const questions = items.flatMap(readers[answers]);
  if (questions.length > 0) return { answers, set, questions, others: items.length - questions.length };
  const count = formatNumber(items.length, 'question');
  if (answers === 'free') {
    throw new UserError(
      `The ${count} of ${set.name} have choices, and no free answers.`,
      'Leave {answers} out, or import questions whose rows have answers and no choices: polymath import --questions FILE.',
    );
  }
  throw new UserError(
    `The ${count} of ${set.name} have free answers, and choices are to be judged.`,
    'Import questions with choices: polymath import --questions FILE. An exam asks for free answers too: polymath exam --answers free.',
  );
}

const readers: Readonly<Record<Answers, (question: QuestionRecord) => QuestionRecord[]>> = {
  choices: (question) => ((question.choices?.length ?? 0) > 1 && question.correct !== undefined ? [question] : []),
  free: ({ answers: choices = [], ...question }) =>
    choices.length > 0 && question.choices === undefined ? [{ ...question, choices, correct: 0 }] : [],
};

async function usualAnswers(store: Store, id: string): Promise<Answers> {
  const { items } = await store.questions.list(id, everything);
  return items.length > 0 && items.every(({ choices }) => choices === undefined) ? 'free' : 'choices';
}

/** Throws UserError where a half has fewer than two questions, which give no interval and nothing to choose by. */
export function requireQuestions(
  { answers, set, questions }: AskedQuestions,
  part: QuestionRecord['part'],
): QuestionRecord[] {
  const own = questions.filter((question) => question.part === part);
  if (own.length > 1) return own;
  const half = part === 'test' ? 'test' : 'held-out';
  throw new UserError(
    `${set.name} has ${formatNumber(own.length, 'question')} with ${toldOf[answers]} in its ${half} half, and two are needed.`,
    'Import a set that has more: polymath import --questions draws halves of one file, or takes a folder with files called heldout and test.',
  );
}

/** A council of these experts. Throws UserError where it is one of others. */
export async function councilOf(
  store: Store,
  experts: ExpertSetRecord,
  id: string,
): Promise<z.infer<typeof councilRecord>> {
  const council = await store.councils.get(id);
  if (council.experts === experts.id) return council;
  throw new UserError(
    `The council ${council.name} is one of other experts than ${experts.id}.`,
    `Name its own experts: {experts} ${council.experts}.`,
  );
}

/** A set of one expert, for which the set of questions has some to learn. Throws UserError where there are more. */
async function oneExpert(store: Store, asked: AskedQuestions, id: string): Promise<ExpertSetRecord> {
  requireQuestions(asked, 'heldout');
  const set = await gatherExperts(store, id);
  if (set.experts.length === 1) return set;
  throw new UserError(
    `${set.name} are ${set.experts.length} experts, and the held-out questions are learned by one model.`,
    'Name a set of one as {tuned}: polymath split random --k 1, then polymath train.',
  );
}

async function weightsOf(store: Store, experts: ExpertSetRecord, id: string): Promise<unknown> {
  const mixer = await store.mixers.get(id);
  if (mixer.experts === experts.id) return store.mixers.weights(id);
  throw new UserError(`The mixer ${id} weighs other experts than ${experts.id}.`, 'Train a mixer: polymath mix.');
}

/** Who looked at the test half of a set before: the more often that is done, the less it says. */
async function earlierLooks(store: Store, set: string): Promise<string[]> {
  const { items } = await store.evaluations.list(everything);
  return items
    .filter(({ kind, questions, part }) => kind === 'exam' && questions === set && part === 'test')
    .map(({ id }) => id);
}
