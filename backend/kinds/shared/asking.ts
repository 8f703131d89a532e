/** Questions put to judges, as tasks of some questions each, or to chat models: what was asked before is known. */
import { softmax } from '../../council/election';
import type { Findings } from '../../council/choosing';
import type { Chats } from '../../council/council';
import type { ChoiceQuestion } from '../../council/questions';
import type { Watch } from '../../base/progress';
import { putValue } from '../../engine/artifacts/values';
import { eachByTasks, type Executor } from '../../engine/executors/executor';
import { type ChoicesInput, choicesTask } from '../../engine/tasks/choices';
import type { TaskJudge } from '../../engine/tasks/judge';
import { putStack } from '../../engine/tasks/perform/stack';
import { repliesTask } from '../../engine/tasks/replies';
import { scoreTask } from '../../engine/tasks/score';
import { packTexts } from '../../engine/tasks/texts';
import type { ExpertStack } from '../../model/experts/stack';
import type { OpenedModel } from './base-model';
import { type ChatJudge, ChatJudges, type MeetingJudge, type Written } from './chat-judges';

export type Judge = TaskJudge | ChatJudge | MeetingJudge;

/** What a judge found of a question. */
export type Found = Findings & {
  /** Whether the question lost its beginning to fit the model. */
  readonly cut: boolean;
  /** Tokens that went through models for it; for the first of a task also those of the role, which is read once. */
  readonly read: number;
  /** How often chat models were asked for it and gave nothing usable. */
  readonly abstained?: number;
};

/** Whether chat models are asked, which is no task. */
export const isChatty = (judge: Judge): judge is ChatJudge | MeetingJudge =>
  judge.kind === 'chat' || judge.kind === 'meeting';

/** Questions of one task, before which a member reads its role once: the smallest piece of work that is not done again after an interruption. */
export const questionsTogether = 16;

export class Asking {
  /** Tokens that went through models for what was not known. */
  tokens = 0;
  private readonly known = new Map<string, Map<string, Found>>();

  private constructor(
    private readonly executor: Executor,
    private readonly opened: OpenedModel,
    private readonly adapters: string,
    private readonly signal: AbortSignal,
    private readonly beside: ChatJudges,
  ) {}

  static async begin(
    executor: Executor,
    opened: OpenedModel,
    stack: ExpertStack,
    { signal }: Pick<Watch, 'signal'>,
    chats: Chats = new Map(),
  ): Promise<Asking> {
    const beside = new ChatJudges(chats, opened.model, stack, signal);
    return new Asking(executor, opened, await putStack(executor.artifacts, stack), signal, beside);
  }

  /** The chat models that may be asked, with what became of that. */
  get chats(): Chats {
    return this.beside.chats;
  }

  /** How many of these questions this judge was not asked yet. */
  unknown(judge: Judge, questions: readonly ChoiceQuestion[], frame = 0): number {
    return this.fresh(judge, questions, frame).length;
  }

  /** What the judge finds of each question. */
  async ask(
    judge: Judge,
    questions: readonly ChoiceQuestion[],
    {
      frame = 0,
      onAsked = (): void => undefined,
    }: { readonly frame?: number; readonly onAsked?: (questions: number) => void } = {},
  ): Promise<Found[]> {
    const known = this.knownOf(judge, frame);
    const fresh = this.fresh(judge, questions, frame);
    const keep = (question: ChoiceQuestion, found: Found): void => {
      known.set(keyOf(question), found);
      this.tokens += found.read;
    };
    if (isChatty(judge)) {
      const found = await this.beside.ask(judge, fresh, frame, onAsked);
      fresh.forEach((question, i) => keep(question, found[i]));
    } else await this.askTasks(judge, fresh, frame, keep, onAsked);
    return questions.map((question) => {
      const found = known.get(keyOf(question));
      if (found === undefined) throw new Error('a question was asked and has no finding');
      return found;
    });
  }

  /** What the judge writes in answer to each question, in one of the ways to put it: so many tokens at most. It is not kept here. */
  async write(judge: Judge, questions: readonly string[], frame: number, maxTokens: number): Promise<Written[]> {
    if (isChatty(judge)) return this.beside.write(judge, questions, frame, maxTokens);
    const written = await eachByTasks(this.executor, blocksOf(questions), async (block): Promise<Written[]> => {
      const input = { ...this.whoReads(judge), judge, frame, questions: block, maxTokens };
      const { replies } = await this.executor.execute(repliesTask, input, this.silent);
      return replies.map((reply) => ({ ...reply, abstained: 0 }));
    });
    return written.flat();
  }

  private async askTasks(
    judge: TaskJudge,
    fresh: readonly ChoiceQuestion[],
    frame: number,
    keep: (question: ChoiceQuestion, found: Found) => void,
    onAsked: (questions: number) => void,
  ): Promise<void> {
    await eachByTasks(this.executor, blocksOf(fresh), async (questions) => {
      const block = questions.map(({ question, choices }) => ({ question, choices: [...choices] }));
      const input = { ...this.whoReads(judge), judge, frame, questions: block };
      const found = await this.executor.execute(choicesTask, input, this.silent);
      found.questions.forEach(({ nats, tokens, cut, read }, i) => {
        keep(block[i], { nats: [...nats], tokens: [...tokens], cut, read });
      });
      onAsked(block.length);
    });
  }

  /** P(expert | question) [questions][experts], by how probable each makes the words of the question, all being equal before. */
  async posteriors(questions: readonly ChoiceQuestion[], k: number): Promise<number[][]> {
    const { tokenizer, config } = this.opened.model;
    const posteriors = await eachByTasks(this.executor, blocksOf(questions), async (block) => {
      const read = block.map(({ question }) => tokenizer.encode(question).subarray(0, config.maxPositions + 1));
      const texts = await putValue(this.executor.artifacts, packTexts(read));
      const input = { model: this.opened.sha256, adapters: this.adapters, texts, whole: true as const };
      const scored = await this.executor.execute(scoreTask, input, this.silent);
      return scored.texts.map(([{ nll }]) => {
        const n = nll.length / k;
        return softmax(Array.from({ length: k }, (_, e) => -sumOf(nll.subarray(e * n, (e + 1) * n))));
      });
    });
    return posteriors.flat();
  }

  /** The model, with its experts where one of them is asked. */
  private whoReads({ kind }: TaskJudge): Pick<ChoicesInput, 'model' | 'adapters'> {
    const model = this.opened.sha256;
    return kind === 'base' ? { model } : { model, adapters: this.adapters };
  }

  private get silent(): Watch {
    return { signal: this.signal, report: () => undefined };
  }

  /** Each question that is not known, once. */
  private fresh(judge: Judge, questions: readonly ChoiceQuestion[], frame: number): ChoiceQuestion[] {
    const known = this.knownOf(judge, frame);
    const each = new Map(questions.map((question) => [keyOf(question), question]));
    return [...each].filter(([key]) => !known.has(key)).map(([, question]) => question);
  }

  private knownOf(judge: Judge, frame: number): Map<string, Found> {
    const key = JSON.stringify([judge, frame]);
    const known = this.known.get(key) ?? new Map<string, Found>();
    this.known.set(key, known);
    return known;
  }
}

/** As many questions as one task has. */
const blocksOf = <T>(questions: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(questions.length / questionsTogether) }, (_, i) =>
    questions.slice(i * questionsTogether, (i + 1) * questionsTogether),
  );

const keyOf = ({ question, choices }: ChoiceQuestion): string => JSON.stringify([question, choices]);
const sumOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);
