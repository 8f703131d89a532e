import { createRandom } from '../../base/random';
import { formatFixed, formatNumber, formatPercent } from '../../base/format';
import type { Progress, Watch } from '../../base/progress';
import { AnswerBook } from '../../chat/answer-book';
import { openChatModel } from '../../chat/open';
import { openChats, procedureNamed } from '../../council/council';
import { procedures } from '../../council/procedures';
import { answersFile } from '../../engine/run-files';
import type { Tools } from '../../evolve/algorithm';
import { algorithmNamed } from '../../evolve/algorithms';
import type { Judged, Proposal } from '../../evolve/candidate';
import { evolve as evolveTexts } from '../../evolve/evolve';
import { CallBudget, requireBudget } from '../../evolve/examiner';
import { ChatOperators } from '../../evolve/operators/chat';
import { Edits } from '../../evolve/operators/edits';
import type { Operators, Subject } from '../../evolve/operators/operators';
import { selections } from '../../evolve/selection';
import type { LanguageModel } from '../../model/language-model';
import type { Outcome } from '../../protocol/outcome';
import { Asking } from '../shared/asking';
import { openModelOf } from '../shared/base-model';
import { withExecutor } from '../shared/executors';
import { loadExperts } from '../shared/experts';
import { chatsOf, seatedOf } from '../shared/seats';
import { askedIn } from './asked';
import { CouncilExaminer } from './work-examiner';
import { councilOf, type EvolveJob, type EvolveTools, recordOf, settingsOf, tableOf } from './work-record';

/**
 * Evolves the texts of a council. It keeps no state of its own: what was asked is known as tasks and kept answers, so a run that goes on
 * comes along the same way without asking anything again.
 */
export async function evolve(job: EvolveJob): Promise<Outcome> {
  const { spec, inputs, watch } = job;
  const { council, experts } = inputs;
  const opened = await openModelOf(experts, job);
  job.declare({ model: opened.sha256 });
  const { questions, first, most } = askedIn(spec, inputs);
  const { seats, instruction } = seatedOf(experts, council);
  const procedure = procedureNamed(council.procedure, procedures);
  requireBudget(most, first);
  console.log(
    `At most ${formatNumber(most, 'call')}: ${formatNumber(questions.length, 'question')}, ${formatNumber(seats.length, 'member')}.`,
  );
  const book = await AnswerBook.open(answersFile(job.folder));
  const chats = openChats(chatsOf([council]), opened.model, job.guide, book);
  const tools = await toolsOf(job, opened.model, book);
  return withExecutor(job, opened, async (executor) => {
    const stack = await loadExperts(job.project, experts, opened.model.config);
    const asking = await Asking.begin(executor, opened, stack, watch, chats);
    const budget = new CallBudget(most);
    const progress = new EvolutionProgress(watch, most);
    const terms = { scale: spec.scale, budget, onAsked: (count: number) => progress.asked(count) };
    const examiner = await CouncilExaminer.begin(asking, { seats, k: stack.count }, procedure, questions, terms);
    const own: Proposal = {
      components: [...seats.map(({ role }) => role), instruction],
      operator: 'seed',
      parents: [],
    };
    const seeds = [own, ...(await rewordings(own, spec.size - 1, tools))];
    const algorithm = algorithmNamed(spec.algorithm);
    const evolution = await evolveTexts(
      algorithm,
      seeds,
      examiner,
      tools,
      settingsOf(spec),
      watch,
      (generation, best) => progress.generation(generation, best),
    );
    const made = councilOf(job, evolution.best);
    const table = tableOf(job, made, evolution, { spent: budget.spent, most }, asking.tokens, tools, chats);
    return { result: made.id, council: made, evaluation: recordOf(job, table) };
  });
}

/** Tells of calls as they are made, and of the best candidate after each generation. */
class EvolutionProgress {
  private calls = 0;
  private stage = 'Asking the seeds';
  private best: Pick<Progress, 'note' | 'values'> = {};

  constructor(
    private readonly watch: Watch,
    private readonly most: number,
  ) {}

  asked(questions: number): void {
    this.calls += questions;
    this.watch.report({ stage: this.stage, done: this.calls, total: this.most, unit: 'calls', ...this.best });
  }

  generation(number: number, { scores: { accuracy, fitness } }: Judged): void {
    const note = `best fitness ${formatFixed(fitness)}, right ${formatPercent(accuracy)}`;
    this.best = { note, values: { fitness, accuracy } };
    this.asked(0);
    this.stage = `Generation ${number + 1}`;
  }
}

async function toolsOf(job: EvolveJob, model: LanguageModel, book: AnswerBook): Promise<EvolveTools> {
  const { spec, inputs, watch, guide } = job;
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
    return new ChatOperators(chatModel, book, otherwise, watch.signal);
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
