import { createRandom, type Random } from '../../base/random';
import { formatFixed, formatNumber, formatPercent } from '../../base/format';
import { procedureNamed } from '../../council/council';
import { procedures } from '../../council/procedures';
import { procedureData } from '../../council/procedures/settings';
import type { Job } from '../../engine/job';
import { examRows, smallestFound, type Entrant } from '../../evaluate/exam';
import { openWeighting } from '../../mixing/weightings';
import { filesOf } from '../../base/files';
import { putWeighting } from '../../engine/tasks/perform/weighting';
import type { ExamTable } from '../../protocol/exam';
import type { Outcome } from '../../protocol/outcome';
import type { CouncilRecord, EvaluationRecord, ExpertSetRecord, QuestionRecord } from '../../protocol/records';
import { Asking } from '../shared/asking';
import { openModelOf, type OpenedModel, requireModelOf } from '../shared/base-model';
import { withExecutor } from '../shared/executors';
import { loadExperts } from '../shared/experts';
import { seatedOf } from '../shared/seats';
import { Candidates } from './work-candidates';
import type { ExamInputs } from './inputs';
import type { ExamSpec } from './spec';
import type { Executor } from '../../engine/executors/local';

type ExamJob = Job<ExamSpec, ExamInputs>;

/** Right answers of councils and their controls on multiple-choice questions, one task for some questions of one judge. */
export async function exam(job: ExamJob): Promise<Outcome> {
  const { spec, inputs } = job;
  const opened = await openModelOf(inputs.experts, job);
  job.declare({ model: opened.sha256 });
  const random = createRandom(spec.seed);
  const questions = drawn(halfOf(inputs.questions, spec.part), spec.most, random);
  const entrants = await withExecutor(job, opened, (executor) => sit(job, opened, executor, questions));
  const rows = examRows(questions.map(knownQuestion), entrants);
  const result: ExamTable = {
    part: spec.part,
    questions: questions.length,
    asked: questions.map(({ id, domain }) => ({ id, ...(domain !== undefined && { domain }) })),
    rows,
    notes: notesOf(job, questions, rows),
  };
  return { result: `eval-${job.suffix}`, evaluation: recordOf(job, result) };
}

/** All who are examined, in the order of the table. */
async function sit(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  questions: readonly QuestionRecord[],
): Promise<Entrant[]> {
  const { spec, inputs, watch } = job;
  const { experts, council, rival } = inputs;
  const candidates = await candidatesOf(job, opened, executor, experts);
  const asked = questions.map(knownQuestion);
  const vote = procedureNamed('vote', procedures);
  const entrants: Entrant[] = [];
  const add = (role: Entrant['role'], entrant: Entrant): void => {
    entrants.push({ ...entrant, role });
    watch.report({ stage: 'Examining', done: entrants.length, total: rowsOf(spec, inputs), unit: 'rows' });
  };
  for (const one of councils(inputs)) {
    for (const name of spec.procedures ?? [one?.procedure ?? procedureData[0].name]) {
      const seated = seatedOf(experts, one);
      add('council', await candidates.council(nameOf(one, name), seated, procedureNamed(name, procedures), asked));
    }
  }
  if (spec.bare !== true) {
    const seated = seatedOf(experts, council);
    const heldOut = halfOf(inputs.questions, 'heldout').map(knownQuestion);
    const best = await candidates.bestExpert(heldOut.length > 0 ? heldOut.slice(0, mostHeldOut) : asked);
    const { letter } = experts.experts[best];
    const plain = { seats: seated.seats.map(({ index }) => ({ index, role: '' })), instruction: '' };
    const everySeat = { ...seated, seats: seated.seats.map(({ role }) => ({ index: best, role })) };
    if (council !== undefined) {
      const shuffled = { ...seated, seats: withRolesOfOthers(seated.seats, createRandom(spec.seed, 1)) };
      add('control', await candidates.council('empty roles, vote', plain, vote, asked));
      add('control', await candidates.council('roles of others, vote', shuffled, vote, asked));
    }
    add('control', await candidates.council(`expert ${letter} in every seat, vote`, everySeat, vote, asked));
    add('control', await candidates.expert(`expert ${letter} alone, best on the held-out half`, best, asked));
    add(
      'control',
      await candidates.mixture('mixture, token by token', await weightingOf(job, opened, executor), asked),
    );
    add('control', await candidates.base('base model', asked));
    add('bound', await candidates.anyRight('any member right (bound)', plain, asked));
  }
  if (rival !== undefined) {
    requireModelOf(rival, opened.sha256);
    const others = await candidatesOf(job, opened, executor, rival);
    add('control', await others.council(`${rival.name}, vote`, seatedOf(rival, undefined), vote, asked));
  }
  return entrants;
}

const councils = ({ council, against }: ExamInputs): (CouncilRecord | undefined)[] =>
  against === undefined ? [council] : [council, against];

/** Rows of the table. */
function rowsOf(spec: ExamSpec, inputs: ExamInputs): number {
  const controls = spec.bare === true ? 0 : inputs.council === undefined ? 5 : 7;
  return councils(inputs).length * (spec.procedures?.length ?? 1) + controls + Number(inputs.rival !== undefined);
}

/** Held-out questions by which the best expert is found, at most. */
const mostHeldOut = 200;

async function candidatesOf(
  job: ExamJob,
  opened: OpenedModel,
  executor: Executor,
  experts: ExpertSetRecord,
): Promise<Candidates> {
  const stack = await loadExperts(job.project, experts, opened.model.config);
  const asking = await Asking.begin(executor, opened, stack, job.watch);
  return new Candidates(asking, stack.count, job.spec);
}

async function weightingOf({ inputs, spec, project }: ExamJob, { model }: OpenedModel, executor: Executor) {
  if (spec.mixer === undefined) return undefined;
  const experts = { k: inputs.experts.experts.length, hiddenSize: model.config.hiddenSize };
  return putWeighting(executor.artifacts, await openWeighting(inputs.weights, experts, filesOf(project)));
}

const nameOf = (council: CouncilRecord | undefined, procedure: string): string => {
  const label = procedureData.find(({ name }) => name === procedure)?.label ?? procedure;
  return `${council?.name ?? 'experts without roles'}, ${label}`;
};

const halfOf = (questions: readonly QuestionRecord[], part: QuestionRecord['part']): QuestionRecord[] =>
  questions.filter((question) => question.part === part);

/** A question with choices, as inputs gathered them. */
function knownQuestion({ id, question, choices = [], correct = 0, domain }: QuestionRecord) {
  return { id, question, choices, correct, domain };
}

/** Questions at most, as evenly over domains as these allow, in their own order. */
export function drawn(questions: readonly QuestionRecord[], most = Infinity, random: Random): QuestionRecord[] {
  if (questions.length <= most) return [...questions];
  const domains = new Map<string, QuestionRecord[]>();
  for (const question of random.shuffle(questions)) {
    const domain = question.domain ?? '';
    domains.set(domain, [...(domains.get(domain) ?? []), question]);
  }
  const taken: QuestionRecord[] = [];
  for (let round = 0; taken.length < most; round++) {
    for (const own of domains.values()) if (round < own.length && taken.length < most) taken.push(own[round]);
  }
  return taken.sort((a, b) => a.index - b.index);
}

/** Each has the role of another member: a rotation of a shuffled order, so that none keeps its own. */
function withRolesOfOthers<S extends { readonly index: number; readonly role: string }>(
  seats: readonly S[],
  random: Random,
) {
  const order = random.shuffle(seats.map((_, i) => i));
  const roles = new Map(order.map((seat, i) => [seat, seats[order[(i + 1) % order.length]].role]));
  return seats.map(({ index }, i) => ({ index, role: roles.get(i) ?? '' }));
}

function notesOf({ spec, inputs }: ExamJob, questions: readonly QuestionRecord[], rows: ExamTable['rows']): string[] {
  const { free, looks, set } = inputs;
  const notes = [
    `Accuracy is the mean over domains; intervals speak of the choice of ${formatNumber(questions.length, 'question')}, not of training luck.`,
  ];
  const chance = questions.reduce((sum, { choices = [] }) => sum + 1 / choices.length, 0) / questions.length;
  notes.push(`Guessing has ${formatPercent(chance)}.`);
  const differences = rows.flatMap(({ difference }) => (difference === undefined ? [] : [smallestFound(difference)]));
  if (differences.length > 0) {
    const [least, most] = [Math.min(...differences), Math.max(...differences)];
    notes.push(
      `The smallest difference that this would show four times in five: ${formatFixed(least)} to ${formatFixed(most)}, by row.`,
    );
  }
  if (free > 0) notes.push(`${formatNumber(free, 'question')} with free answers were left out.`);
  if (spec.part === 'test' && looks.length > 0) {
    notes.push(
      `The test half of ${set.name} was looked at ${looks.length === 1 ? 'once' : formatNumber(looks.length, 'time')} before (${looks.slice(0, 3).join(', ')}${looks.length > 3 ? ', …' : ''}): what was chosen by that is no longer tested by it.`,
    );
  }
  return notes;
}

function recordOf({ id, suffix, created, spec, inputs }: ExamJob, result: ExamTable): EvaluationRecord {
  const { experts, set, council } = inputs;
  return {
    id: `eval-${suffix}`,
    name: `Exam of ${council?.name ?? experts.name} on ${set.name}`.slice(0, 200),
    created,
    kind: 'exam',
    questions: set.id,
    part: spec.part,
    experts: experts.id,
    run: id,
    seeds: experts.seed === undefined ? [] : [experts.seed],
    result,
  };
}
