import { type ChatTurn, type ChatModel, type ChatReply, SilentError } from '../../../chat/chat-model';
import { UserError } from '../../../base/errors';
import type { AnswerBook } from '../../../chat/answer-book';
import type { Budget } from './guide-budget';
import {
  type GuideChoice,
  type Guide,
  type GuideFigures,
  GuideGoneError,
  type Material,
  type GuideVerdict,
} from './guide';
import { againAfter, choiceQuestion, type AnswerReading, readChoice, readTitle, titleQuestion } from './questions';

/** Tokens of an answer at most: models that think aloud need some. */
const answerTokens = 300;
/** Questions without an answer, one after another, until a guide is given up. */
const mostSilence = 3;

/** A chat model as guide. */
export class ChatGuide implements Guide {
  private counts = { kept: 0, malformed: 0, askedAgain: 0, silent: 0 };
  private silence = 0;
  private answered = false;

  constructor(
    private readonly model: ChatModel,
    private readonly book: AnswerBook,
    private readonly budget: Budget,
    private readonly signal: AbortSignal,
  ) {}

  get name(): string {
    return this.model.name;
  }

  get figures(): GuideFigures {
    return { ...this.counts, queries: this.budget.queries, tokens: this.budget.tokens };
  }

  async choose(subject: Material, candidates: readonly Material[]): Promise<GuideVerdict> {
    const question = choiceQuestion(subject, candidates);
    return (await this.ask(question, (reply) => readChoice(reply, candidates))) ?? { candidate: 'none' };
  }

  /** In the opposite place: an answer that goes by the place of a group is not given twice. */
  async confirm(subject: Material, { chosen, contrast, wasFirst }: GuideChoice): Promise<boolean> {
    const others = contrast === undefined ? [] : [contrast];
    const candidates = wasFirst ? [...others, chosen] : [chosen, ...others];
    return (await this.choose(subject, candidates)).candidate === candidates.indexOf(chosen);
  }

  async title(pile: Material): Promise<string | undefined> {
    return this.ask(titleQuestion(pile), readTitle);
  }

  /** Asks, once more where the answer is none; undefined where that does not help or nobody answers. */
  private async ask<T>(
    question: readonly ChatTurn[],
    read: (reply: string) => AnswerReading<T>,
  ): Promise<T | undefined> {
    const first = await this.reply(question);
    if (first === undefined) return undefined;
    const found = read(first);
    if ('value' in found) return found.value;
    this.counts.malformed++;
    this.counts.askedAgain++;
    const second = await this.reply(againAfter(question, first, found.wrong));
    if (second === undefined) return undefined;
    const better = read(second);
    if ('value' in better) return better.value;
    this.counts.malformed++;
    return undefined;
  }

  private async reply(question: readonly ChatTurn[]): Promise<string | undefined> {
    this.signal.throwIfAborted();
    this.budget.take();
    try {
      const asked = { model: this.model.name, question };
      const { answer, known } = await this.book.answer<ChatReply>(asked, () =>
        this.model.ask(question, { maxTokens: answerTokens, signal: this.signal }),
      );
      this.counts.kept += Number(known);
      this.budget.tokens += answer.tokens;
      [this.silence, this.answered] = [0, true];
      return answer.text;
    } catch (error) {
      if (!(error instanceof SilentError)) throw error;
      return this.endure(error);
    }
  }

  private endure({ message }: SilentError): undefined {
    if (!this.answered) {
      throw new UserError(
        `The guide ${this.model.name} does not answer: ${message}`,
        'Start it, check its address, and resume the run.',
      );
    }
    this.counts.silent++;
    if (++this.silence >= mostSilence) throw new GuideGoneError(message);
    return undefined;
  }
}
