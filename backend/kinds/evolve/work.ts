import { createRandom } from '../../base/random';
import { formatNumber } from '../../base/format';
import { AnswerBook } from '../../chat/answer-book';
import { procedureNamed } from '../../council/council';
import { procedures } from '../../council/procedures';
import type { Job } from '../../engine/job';
import { answersFile } from '../../engine/run-files';
import type { Tools } from '../../evolve/algorithm';
import { algorithmNamed } from '../../evolve/algorithms';
import type { Judged, Proposal } from '../../evolve/candidate';
import { evolve as evolveTexts, type Evolution } from '../../evolve/evolve';
import { CallBudget, requireBudget } from '../../evolve/examiner';
import { scoresOf } from '../../evolve/fitness';
import { ChatOperators } from '../../evolve/operators/chat';
import { Edits } from '../../evolve/operators/edits';
import type { Operators, Subject } from '../../evolve/operators/operators';
import { selections } from '../../evolve/selection';
import { callsOf } from '../../evolve/settings';
import type { LanguageModel } from '../../model/language-model';
import type { EvolutionTable } from '../../protocol/exam';
import type { Outcome } from '../../protocol/outcome';
import type { CouncilRecord, EvaluationRecord } from '../../protocol/records';
import { drawn } from '../exam/work';
import { Asking } from '../shared/asking';
import { openModelOf } from '../shared/base-model';
import { openChatModel } from '../shared/chat-model';
import { withExecutor } from '../shared/executors';
import { loadExperts } from '../shared/experts';
import { seatedOf } from '../shared/seats';
import type { EvolveInputs } from './inputs';
import type { EvolveSpec } from './spec';
import { CouncilExaminer } from './work-examiner';

type EvolveJob = Job<EvolveSpec, EvolveInputs>;

/** Questions of a block of a race. */
const blockSize = 25;

/**
 * Evolves the texts of a council. It keeps no state of its own: what was asked is known as tasks and kept answers, so a run that goes on
 * comes along the same way without asking anything again.
 */
export async function evolve(job: EvolveJob): Promise<Outcome> {
  const { spec, inputs, watch } = job;
  const { council, experts } = inputs;
  const opened = await openModelOf(experts, job);
  job.declare({ model: opened.sha256 });
  const questions = drawn(inputs.questions, spec.most, createRandom(spec.seed, 0));
  const { seats, instruction } = seatedOf(experts, council);
  const procedure = procedureNamed(council.procedure, procedures);
  const most = spec.budget ?? callsOf(seats.length, questions.length, spec.size, spec.generations);
  requireBudget(most, seats.length * questions.length);
  console.log(
    `At most ${formatNumber(most, 'call')}: ${formatNumber(questions.length, 'question')}, ${formatNumber(seats.length, 'member')}.`,
  );
  const tools = await toolsOf(job, opened.model);
  return withExecutor(job, opened, async (executor) => {
    const stack = await loadExperts(job.project, experts, opened.model.config);
    const asking = await Asking.begin(executor, opened, stack, watch);
    const budget = new CallBudget(most);
    const terms = { scale: spec.scale, budget };
    const examiner = await CouncilExaminer.begin(asking, { seats, k: stack.count }, procedure, questions, terms);
    const own: Proposal = {
      components: [...seats.map(({ role }) => role), instruction],
      operator: 'seed',
      parents: [],
    };
    const seeds = [own, ...(await rewordings(own, spec.size - 1, tools))];
    const evolution = await evolveTexts(
      algorithmNamed(spec.algorithm),
      seeds,
      examiner,
      tools,
      settingsOf(spec),
      watch,
      (generation, best) => {
        const { accuracy, fitness } = best.scores;
        const note = `best fitness ${fitness.toFixed(3)}, right ${(100 * accuracy).toFixed(1)} %`;
        const stage = generation === 0 ? 'Asking the seeds' : `Generation ${generation}`;
        watch.report({ stage, done: budget.spent, total: most, unit: 'calls', note, values: { fitness, accuracy } });
      },
    );
    const made = councilOf(job, evolution.best);
    const table = tableOf(job, made, evolution, { spent: budget.spent, most }, asking.tokens, tools);
    return { result: made.id, council: made, evaluation: recordOf(job, table) };
  });
}

function settingsOf({ size, generations, likelihood, information, agreement, lengthPenalty, race }: EvolveSpec) {
  const weights = { likelihood, information, agreement, length: lengthPenalty };
  return { size, generations, weights, block: race === true ? blockSize : undefined };
}

interface EvolveTools extends Tools {
  readonly chat: ChatOperators | undefined;
}

async function toolsOf(job: EvolveJob, model: LanguageModel): Promise<EvolveTools> {
  const { spec, inputs, watch, folder, guide } = job;
  const edits = new Edits(createRandom(spec.seed, 2));
  const chat = spec.operators === 'edits' ? undefined : await chatOperators(spec.operators, edits);
  const all = [...new Set(inputs.terms.flatMap((own) => own.slice(0, 3)))];
  const subjectOf = (component: number): Subject => ({
    component,
    terms: (inputs.terms.at(component) ?? all).slice(0, 20),
  });
  return {
    random: createRandom(spec.seed, 1),
    operators: chat ?? edits,
    select: selections[spec.selection],
    subjectOf,
    chat,
  };

  async function chatOperators(name: string, otherwise: Operators): Promise<ChatOperators> {
    const chatModel = await openChatModel(name, {
      called: 'model for operators',
      others: ['edits'],
      model,
      offer: guide,
    });
    return new ChatOperators(chatModel, await AnswerBook.open(answersFile(folder)), otherwise, watch.signal);
  }
}

/** The council in other words, one component at a time. */
async function rewordings(own: Proposal, count: number, { operators, subjectOf }: Tools): Promise<Proposal[]> {
  const seeds: Proposal[] = [];
  for (let i = 0; i < count; i++) {
    const component = i % own.components.length;
    const variant = Math.floor(i / own.components.length);
    const text = await operators.rephrase(own.components[component], variant, subjectOf(component));
    const components = own.components.map((before, c) => (c === component ? text : before));
    seeds.push({ components, operator: 'rephrase', parents: [0], changed: component });
  }
  return seeds;
}

/** The council that has the best texts. */
function councilOf({ suffix, created, inputs }: EvolveJob, { components }: Judged): CouncilRecord {
  const { council, name } = inputs;
  const { version: _, members, instructionBy, ...rest } = council;
  const instruction = components[members.length];
  const writer = instruction === council.instruction ? instructionBy : ('evolved' as const);
  return {
    ...rest,
    id: `council-${suffix}`,
    name,
    created,
    instruction,
    ...(writer && { instructionBy: writer }),
    members: members.map((member, i) =>
      components[i] === member.role ? member : { letter: member.letter, role: components[i], by: 'evolved' },
    ),
  };
}

function tableOf(
  { inputs, spec }: EvolveJob,
  made: CouncilRecord,
  { archive, best, twins, ended }: Evolution,
  calls: EvolutionTable['calls'],
  tokens: number,
  { operators, chat }: EvolveTools,
): EvolutionTable {
  const retest = reliability(archive, spec);
  return {
    algorithm: spec.algorithm,
    operators: operators.name,
    from: inputs.council.id,
    council: made.id,
    members: made.members.map(({ letter }) => letter),
    questions: best.marks.size,
    calls,
    tokens,
    twins,
    ended,
    best: best.number,
    candidates: archive.map(({ marks, components, parents, changed, ...rest }) => ({
      number: rest.number,
      generation: rest.generation,
      operator: rest.operator,
      parents: [...parents],
      ...(changed !== undefined && { changed }),
      dropped: rest.dropped,
      components: [...components],
      questions: marks.size,
      scores: rest.scores,
    })),
    ...(retest !== undefined && { retest }),
    notes: notesOf(spec, best, archive, chat),
  };
}

/** Correlation over candidates of the fitness on every other question with that on the rest; undefined for fewer than three. */
function reliability(archive: readonly Judged[], spec: EvolveSpec): number | undefined {
  const whole = archive.filter(({ dropped }) => !dropped);
  if (whole.length < 3) return undefined;
  const { weights } = settingsOf(spec);
  const [first] = whole;
  const halves = [0, 1].map((half) =>
    whole.map(({ marks, scores }) => {
      const own = [...marks].filter(([question]) => question % 2 === half).map(([, mark]) => mark);
      return scoresOf(own, scores.words, first.scores.words, weights).fitness;
    }),
  );
  return correlation(halves[0], halves[1]);
}

/** Pearson's; undefined where one does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (of: (i: number) => number): number => a.reduce((total, _, i) => total + of(i), 0);
  const spread = Math.sqrt(sum((i) => (a[i] - ma) ** 2) * sum((i) => (b[i] - mb) ** 2));
  return spread === 0 ? undefined : sum((i) => (a[i] - ma) * (b[i] - mb)) / spread;
}

function notesOf(
  spec: EvolveSpec,
  best: Judged,
  archive: readonly Judged[],
  chat: ChatOperators | undefined,
): string[] {
  const notes = [
    'Fitness on the questions that texts were evolved on says too much: an exam on the test half tells what it is worth.',
  ];
  if (best.number === 0) notes.push('Nothing that was tried was better than the council as it was.');
  const dropped = archive.filter((one) => one.dropped).length;
  if (dropped > 0)
    notes.push(
      `${formatNumber(dropped, 'candidate')} of ${archive.length} lost a race or met the end of the budget before all questions.`,
    );
  if (spec.operators === 'local') {
    notes.push(
      'The base model wrote the texts. Models of fewer than about 7 billion parameters seldom write usable ones; a larger one behind an endpoint, or edits, may serve better.',
    );
  }
  if (chat !== undefined) {
    const { asked, known, malformed, silent } = chat.figures;
    notes.push(
      `${chat.name} was asked ${formatNumber(asked, 'time')} (${known} answered before an interruption); ${malformed} answers held no usable text and ${silent} did not come: edits stood in.`,
    );
  }
  return notes;
}

function recordOf({ id, suffix, created, spec, inputs }: EvolveJob, result: EvolutionTable): EvaluationRecord {
  const { experts, set, council } = inputs;
  return {
    id: `eval-${suffix}`,
    name: `Evolution of ${council.name} on ${set.name}`.slice(0, 200),
    created,
    kind: 'evolution',
    questions: set.id,
    part: 'heldout',
    experts: experts.id,
    run: id,
    seeds: [spec.seed],
    result,
  };
}
