/** Questions put to judges, as tasks of some questions each: what was asked before is known. */
import { softmax } from '../../council/election';
import type { Findings } from '../../council/choosing';
import type { ChoiceQuestion } from '../../council/questions';
import type { Watch } from '../../base/progress';
import { putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/local';
import { type ChoicesInput, choicesTask } from '../../engine/tasks/choices';
import { putStack } from '../../engine/tasks/perform/stack';
import { scoreTask } from '../../engine/tasks/score';
import { packTexts } from '../../engine/tasks/texts';
import type { ExpertStack } from '../../model/experts/stack';
import type { OpenedModel } from './base-model';

export type Judge = ChoicesInput['judge'];

/** What a judge found of a question. */
export interface Found extends Findings {
  /** Whether the question lost its beginning to fit the model. */
  readonly cut: boolean;
  /** Tokens that went through the model for it; for the first of a task also those of the role, which is read once. */
  readonly read: number;
}

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
  ) {}

  static async begin(
    executor: Executor,
    opened: OpenedModel,
    stack: ExpertStack,
    { signal }: Pick<Watch, 'signal'>,
  ): Promise<Asking> {
    return new Asking(executor, opened, await putStack(executor.artifacts, stack), signal);
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
    for (let from = 0; from < fresh.length; from += questionsTogether) {
      const block = fresh
        .slice(from, from + questionsTogether)
        .map(({ question, choices }) => ({ question, choices: [...choices] }));
      const adapters = judge.kind === 'base' ? {} : { adapters: this.adapters };
      const input = { model: this.opened.sha256, ...adapters, judge, frame, questions: block };
      const found = await this.executor.execute(choicesTask, input, this.silent);
      found.questions.forEach(({ nats, tokens, cut, read }, i) => {
        known.set(keyOf(block[i]), { nats: [...nats], tokens: [...tokens], cut, read });
        this.tokens += read;
      });
      onAsked(block.length);
    }
    return questions.map((question) => {
      const found = known.get(keyOf(question));
      if (found === undefined) throw new Error('a question was asked and has no finding');
      return found;
    });
  }

  /** P(expert | question) [questions][experts], by how probable each makes the words of the question, all being equal before. */
  async posteriors(questions: readonly ChoiceQuestion[], k: number): Promise<number[][]> {
    const { tokenizer, config } = this.opened.model;
    const posteriors: number[][] = [];
    for (let from = 0; from < questions.length; from += questionsTogether) {
      const block = questions.slice(from, from + questionsTogether);
      const read = block.map(({ question }) => tokenizer.encode(question).subarray(0, config.maxPositions + 1));
      const texts = await putValue(this.executor.artifacts, packTexts(read));
      const input = { model: this.opened.sha256, adapters: this.adapters, texts, whole: true as const };
      const scored = await this.executor.execute(scoreTask, input, this.silent);
      for (const [{ nll }] of scored.texts) {
        const n = nll.length / k;
        posteriors.push(softmax(Array.from({ length: k }, (_, e) => -sumOf(nll.subarray(e * n, (e + 1) * n)))));
      }
    }
    return posteriors;
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

const keyOf = ({ question, choices }: ChoiceQuestion): string => JSON.stringify([question, choices]);
const sumOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);
