import { createRandom } from '../../base/random';
import { formatFixed, formatList, formatNumber, formatPercent } from '../../base/format';
import { AnswerBook } from '../../chat/answer-book';
import { openChats } from '../../council/council';
import { answersFile } from '../../engine/run-files';
import { examRows, smallestFound } from '../../evaluate/exam';
import { chatLabel } from '../../protocol/chat-name';
import type { ExamTable } from '../../protocol/exam';
import type { Outcome } from '../../protocol/outcome';
import type { EvaluationRecord, QuestionRecord } from '../../protocol/records';
import { openModelOf } from '../shared/base-model';
import { chatNotes } from '../shared/chat-judges';
import { drawn } from '../shared/drawn-questions';
import { withExecutor } from '../shared/executors';
import { chatsOf } from '../shared/seats';
import { proceduresOf } from './plan';
import { type Answers, toldOf } from './inputs';
import { type ExamJob, halfOf, knownQuestion, sit } from './work-rows';

/** Right answers of councils and their controls on questions, one task for some questions of one judge. */
export async function exam(job: ExamJob): Promise<Outcome> {
  const { spec, inputs } = job;
  const opened = await openModelOf(inputs.experts, job);
  job.declare({ model: opened.sha256 });
  const random = createRandom(spec.seed);
  const questions = drawn(halfOf(inputs.questions, spec.part), spec.most, random);
  const book = await AnswerBook.open(answersFile(job.folder));
  const chats = openChats(chatsOf([inputs.council, inputs.against]), opened.model, job.guide, book);
  const { entrants, notes } = await withExecutor(job, opened, (executor) =>
    sit(job, opened, executor, questions, chats),
  );
  const rows = examRows(questions.map(knownQuestion), entrants);
  const result: ExamTable = {
    part: spec.part,
    ...(inputs.answers === 'free' && { free: true as const }),
    questions: questions.length,
    asked: questions.map(({ id, domain }) => ({ id, ...(domain !== undefined && { domain }) })),
    rows,
    notes: [...notesOf(job, questions, rows), ...notes, ...leftOut(job), ...chatNotes(chats)],
  };
  return { result: `eval-${job.suffix}`, evaluation: recordOf(job, result) };
}

function notesOf({ spec, inputs }: ExamJob, questions: readonly QuestionRecord[], rows: ExamTable['rows']): string[] {
  const { answers, others, looks, set } = inputs;
  const half = spec.part === 'test' ? 'test' : 'held-out';
  const notes = [
    `Asked: ${formatNumber(questions.length, 'question')} of the ${half} half of ${set.name}.`,
    `Accuracy is the mean over domains; intervals speak of the choice of ${formatNumber(questions.length, 'question')}, not of training luck.`,
    markedBy[answers](questions),
  ];
  // Rows that never differ say nothing of how far they might.
  const differences = rows.flatMap(({ difference }) =>
    difference === undefined || difference.lo === difference.hi ? [] : [smallestFound(difference)],
  );
  if (differences.length > 0) {
    const [least, most] = [Math.min(...differences), Math.max(...differences)];
    notes.push(
      `The smallest difference that this would show four times in five: ${formatFixed(least)} to ${formatFixed(most)}, by row.`,
    );
  }
  if (rows.some(({ accuracy: { lo, hi } }) => lo === hi)) {
    // The rule of three: what never happened in n cases may still have a rate of 3 / n.
    const most = formatPercent(Math.min(1, 3 / questions.length));
    notes.push(
      `Where all answers were right, or all wrong, an interval has no width; the truth may lie up to ${most} away.`,
    );
  }
  if (others > 0) {
    const kind = toldOf[answers === 'free' ? 'choices' : 'free'];
    const rest = formatNumber(others, `question of the set with ${kind} was`, `questions of the set with ${kind} were`);
    notes.push(`${rest} not asked.`);
  }
  const cut = rows.filter(({ coverage }) => coverage < 1);
  if (cut.length > 0) {
    const told = cut.map(({ name, coverage }) => `${name} ${formatPercent(1 - coverage)}`);
    notes.push(
      `Questions that were too long beside what members are told lost their beginning, or all of it: ${told.join('; ')}.`,
    );
  }
  if (spec.part === 'test' && looks.length > 0) {
    notes.push(
      `The test half of ${set.name} was looked at ${looks.length === 1 ? 'once' : formatNumber(looks.length, 'time')} before (${looks.slice(0, 3).join(', ')}${looks.length > 3 ? ', …' : ''}): what was chosen by that is no longer tested by it.`,
    );
  }
  return notes;
}

/** What an answer is worth. */
const markedBy: Readonly<Record<Answers, (questions: readonly QuestionRecord[]) => string>> = {
  choices: (questions) => {
    const chance = questions.reduce((sum, { choices = [] }) => sum + 1 / choices.length, 0) / questions.length;
    return `Guessing has ${formatPercent(chance)}.`;
  },
  free: () =>
    'Answers were written freely: each is worth the F1 of its words and those of the accepted answer that it is nearest to; letter case, punctuation and English articles do not count.',
};

/** Procedures in which chat models have no part. */
function leftOut({ spec, inputs: { council, against } }: ExamJob): string[] {
  return [council, against].flatMap((one) => {
    const labels = [...new Set(chatsOf([one]).map(chatLabel))];
    return proceduresOf(spec, one).flatMap(({ label, withoutChats }) =>
      withoutChats === undefined || labels.length === 0
        ? []
        : [`By ${label}, ${formatList(labels)} had no part in ${one?.name}: ${withoutChats}.`],
    );
  });
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
