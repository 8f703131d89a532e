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

/** The multiple-choice questions of a set. */
export const choiceQuestions = z.object({
  set: questionSetRecord,
  /** Of both halves. */
  questions: z.array(questionRecord),
  /** How many with free answers were left out. */
  free: z.int(),
});

const schema = choiceQuestions.extend({
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
  gather: async (store, { experts: id, questions: set, part, council, against, rival, tuned, mixer }) => {
    const experts = await gatherExperts(store, id);
    const asked = await gatherQuestions(store, set);
    requireQuestions(asked, part);
    return {
      experts,
      ...asked,
      ...(council !== undefined && { council: await councilOf(store, experts, council) }),
      ...(against !== undefined && { against: await councilOf(store, experts, against) }),
      ...(rival !== undefined && { rival: await gatherExperts(store, rival) }),
      ...(tuned !== undefined && { tuned: await oneExpert(store, asked, tuned) }),
      ...(mixer !== undefined && { weights: await weightsOf(store, experts, mixer) }),
      looks: await earlierLooks(store, set),
    };
  },
};

/** The multiple-choice questions of a set. Throws UserError where it has none. */
export async function gatherQuestions(store: Store, id: string): Promise<z.infer<typeof choiceQuestions>> {
  const set = await store.questions.getSet(id);
  const { items } = await store.questions.list(id, everything);
  const questions = items.filter(isChoice);
  if (questions.length > 0) return { set, questions, free: items.length - questions.length };
  throw new UserError(
    `The ${formatNumber(items.length, 'question')} of ${set.name} have free answers, and councils are examined on choices.`,
    'Import questions with choices: polymath import --questions FILE.',
  );
}

/** Throws UserError where a half has fewer than two questions, which give no interval and nothing to choose by. */
export function requireQuestions(
  { set, questions }: z.infer<typeof choiceQuestions>,
  part: QuestionRecord['part'],
): QuestionRecord[] {
  const own = questions.filter((question) => question.part === part);
  if (own.length > 1) return own;
  const half = part === 'test' ? 'test' : 'held-out';
  throw new UserError(
    `${set.name} has ${formatNumber(own.length, 'question')} with choices in its ${half} half, and two are needed.`,
    'Import a set that has more: polymath import --questions draws halves of one file, or takes a folder with files called heldout and test.',
  );
}

const isChoice = ({ choices, correct }: QuestionRecord): boolean =>
  choices !== undefined && choices.length > 1 && correct !== undefined;

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
async function oneExpert(store: Store, asked: z.infer<typeof choiceQuestions>, id: string): Promise<ExpertSetRecord> {
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
