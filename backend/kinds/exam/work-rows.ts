/** Who is examined, row by row. */
import { filesOf } from '../../base/files';
import { createRandom, type Random } from '../../base/random';
import { type Chats, procedureNamed } from '../../council/council';
import type { ProcedureData } from '../../council/procedure';
import { procedures } from '../../council/procedures';
import type { Executor } from '../../engine/executors/executor';
import type { Job } from '../../engine/job';
import { putWeighting } from '../../engine/tasks/perform/weighting';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import type { Entrant } from '../../evaluate/exam';
import { openWeighting } from '../../mixing/weightings';
import type { ExpertStack } from '../../model/experts/stack';
import { chatLabel } from '../../protocol/chat-name';
import type { ExpertSetRecord, QuestionRecord } from '../../protocol/records';
import { Asking } from '../shared/asking';
import { type OpenedModel, requireModelOf } from '../shared/base-model';
import { loadExperts } from '../shared/experts';
import { chatsOf, type Seat, type Seated, seatedOf } from '../shared/seats';
import type { ExamInputs } from './inputs';
import { proceduresOf } from './plan';
import { type ExamSpec, usualReplyTokens } from './spec';
import { mostHeldOut } from './work-asked';
import type { Candidates, Question, Sat } from './work-candidates';
import { ChoosingCandidates } from './work-choosing';
import { tune } from './work-tuned';
import { WritingCandidates } from './work-writing';

export type ExamJob = Job<ExamSpec, ExamInputs>;

/** A row of the table, and how it comes about. */
interface Row {
  readonly role: Entrant['role'];
  readonly sit: () => Promise<Sat>;
}

/** All who are examined, in the order of the table, and what is to be said of them. */
export async function sit(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  questions: readonly QuestionRecord[],
  chats: Chats,
): Promise<{ readonly entrants: readonly Entrant[]; readonly notes: readonly string[] }> {
  const { watch } = job;
  const candidates = await candidatesOf(job, opened, executor, job.inputs.experts, chats);
  const asked = questions.map(knownQuestion);
  const notes: string[] = [];
  const rows = [
    ...councilRows(job, candidates, asked),
    ...(job.spec.bare === true ? [] : controlRows(job, opened, executor, candidates, asked)),
    ...(await rivalRows(job, opened, executor, asked)),
    ...(await tunedRows(job, opened, executor, asked, notes)),
  ];
  const entrants: Entrant[] = [];
  const told = (): void =>
    watch.report({ stage: 'Examining', done: entrants.length, total: rows.length, unit: 'rows' });
  told();
  for (const { role, sit: examine } of rows) {
    entrants.push({ ...(await examine()), role });
    told();
  }
  return { entrants, notes };
}

function councilRows({ spec, inputs }: ExamJob, candidates: Candidates, asked: readonly Question[]): Row[] {
  const { experts, council, against } = inputs;
  return (against === undefined ? [council] : [council, against]).flatMap((one) =>
    proceduresOf(spec, one).map((data): Row => {
      const procedure = procedureNamed(data.name, procedures);
      return {
        role: 'council',
        sit: () => candidates.council(nameOf(one, data), seatedOf(experts, one), procedure, asked),
      };
    }),
  );
}

function controlRows(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  candidates: Candidates,
  asked: readonly Question[],
): Row[] {
  const { spec, inputs } = job;
  const { experts, council } = inputs;
  const vote = procedureNamed('vote', procedures);
  const seated = seatedOf(experts, council);
  const plain = { seats: seated.seats.map((seat) => ({ ...seat, role: '' })), instruction: '' };
  const shuffled = { ...seated, seats: withRolesOfOthers(seated.seats, createRandom(spec.seed, 1)) };
  const heldOut = halfOf(inputs.questions, 'heldout').slice(0, mostHeldOut[inputs.answers]).map(knownQuestion);
  let found: Promise<number> | undefined;
  const [known, where] = heldOut.length > 0 ? [heldOut, 'on the held-out half'] : [asked, 'on these very questions'];
  const best = (): Promise<number> => (found ??= candidates.bestExpert(known));
  const letterOf = (index: number): string => experts.experts[index].letter;
  const voting = (name: string, who: Seated): Row => ({
    role: 'control',
    sit: () => candidates.council(name, who, vote, asked),
  });
  return [
    ...(council === undefined ? [] : [voting('empty roles, vote', plain)]),
    ...(new Set(seated.seats.map(({ role }) => role)).size < 2 ? [] : [voting('roles of others, vote', shuffled)]),
    {
      role: 'control',
      sit: async () => {
        const index = await best();
        const seats = seated.seats.map(({ role }) => ({ index, role }));
        return candidates.council(`expert ${letterOf(index)} in every seat, vote`, { ...seated, seats }, vote, asked);
      },
    },
    {
      role: 'control',
      sit: async () => {
        const index = await best();
        return candidates.expert(`expert ${letterOf(index)} alone, best ${where}`, index, asked);
      },
    },
    ...chatsOf([council]).map((chat): Row => ({
      role: 'control',
      sit: () => candidates.chat(`${chatLabel(chat)} alone`, chat, asked),
    })),
    {
      role: 'control',
      sit: async () => candidates.mixture('mixture, token by token', await weightingOf(job, opened, executor), asked),
    },
    { role: 'control', sit: () => candidates.base('base model', asked) },
    { role: 'bound', sit: () => candidates.anyRight('any member right (bound)', plain, asked) },
  ];
}

/** Another set of experts, without roles, by the same procedures. */
async function rivalRows(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  asked: readonly Question[],
): Promise<Row[]> {
  const { rival } = job.inputs;
  if (rival === undefined) return [];
  requireModelOf(rival, opened.sha256);
  const others = await candidatesOf(job, opened, executor, rival);
  const seated = seatedOf(rival, undefined);
  return proceduresOf(job.spec, undefined).map((data): Row => {
    const procedure = procedureNamed(data.name, procedures);
    return { role: 'control', sit: () => others.council(nameOf(rival, data), seated, procedure, asked) };
  });
}

/** One model without roles, as it is and after it has learned the held-out questions. */
async function tunedRows(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  asked: readonly Question[],
  notes: string[],
): Promise<Row[]> {
  const { tuned } = job.inputs;
  if (tuned === undefined) return [];
  requireModelOf(tuned, opened.sha256);
  const before = await candidatesOf(job, opened, executor, tuned);
  return [
    { role: 'control', sit: () => before.expert(`${tuned.name}, alone`, 0, asked) },
    {
      role: 'control',
      sit: async () => {
        const { stack, questions, note } = await tune(job, opened, executor, tuned);
        notes.push(note);
        const after = await candidatesOn(job, opened, executor, stack);
        return after.expert(`${tuned.name}, fine-tuned on ${questions} held-out questions`, 0, asked);
      },
    },
  ];
}

async function candidatesOf(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  experts: ExpertSetRecord,
  chats?: Chats,
): Promise<Candidates> {
  return candidatesOn(job, opened, executor, await loadExperts(job.project, experts, opened.model.config), chats);
}

async function candidatesOn(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  stack: ExpertStack,
  chats?: Chats,
): Promise<Candidates> {
  const { spec, inputs, watch } = job;
  const asking = await Asking.begin(executor, opened, stack, watch, chats);
  if (inputs.answers === 'choices') return new ChoosingCandidates(asking, stack.count, spec);
  const { replyTokens = usualReplyTokens, reword } = spec;
  return new WritingCandidates(asking, stack.count, { replyTokens, reword });
}

async function weightingOf(
  { inputs, spec, project }: ExamJob,
  { model }: OpenedModel,
  executor: Executor,
): Promise<KeptWeighting | undefined> {
  if (spec.mixer === undefined) return undefined;
  const experts = { k: inputs.experts.experts.length, hiddenSize: model.config.hiddenSize };
  return putWeighting(executor.artifacts, await openWeighting(inputs.weights, experts, filesOf(project)));
}

const nameOf = (council: { readonly name: string } | undefined, { label }: ProcedureData): string =>
  `${council?.name ?? 'experts without roles'}, ${label}`;

/** The questions of a half. */
export const halfOf = (questions: readonly QuestionRecord[], part: QuestionRecord['part']): QuestionRecord[] =>
  questions.filter((question) => question.part === part);

/** A question as inputs gathered it. */
export function knownQuestion({ id, question, choices = [], correct = 0, domain }: QuestionRecord): Question {
  return { id, question, choices, correct, domain };
}

/** Each has the role of another member: a rotation of a shuffled order, so that none keeps its own. */
function withRolesOfOthers(seats: readonly Seat[], random: Random): Seat[] {
  const order = random.shuffle(seats.map((_, i) => i));
  const roles = new Map(order.map((seat, i) => [seat, seats[order[(i + 1) % order.length]].role]));
  return seats.map((seat, i) => ({ ...seat, role: roles.get(i) ?? '' }));
}
