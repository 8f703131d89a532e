/** Judges that are no tasks, because they are chat models or councils with some: they are asked in the process of the run, and their replies kept. */
import type { ChatTurn } from '../../chat/chat-model';
import { AbstainedError, type ChatMember, figuresText } from '../../council/chat-member';
import { conversationOf, questionConversation } from '../../council/chat-words';
import type { Choice } from '../../council/choosing';
import { type Chats, procedureNamed, seatsOf } from '../../council/council';
import { memberPrompt, type Procedure, type Seats } from '../../council/procedure';
import { procedures } from '../../council/procedures';
import { putOpenly, putQuestion } from '../../council/put-question';
import { type ChoiceQuestion, emptyQuestion, questionPrompt } from '../../council/questions';
import type { ChoiceScale } from '../../council/settings';
import { choiceOf, sitTogether } from '../../council/sitting';
import type { ExpertStack } from '../../model/experts/stack';
import type { LanguageModel } from '../../model/language-model';
import type { AnswererSpec } from '../../protocol/inference';

/** A chat model alone. */
export interface ChatJudge {
  readonly kind: 'chat';
  readonly chat: string;
  readonly role: string;
  readonly instruction: string;
}

/** A council with chat models, whose members write before they choose. */
export interface MeetingJudge extends Pick<Extract<AnswererSpec, { kind: 'council' }>, 'members' | 'instruction'> {
  readonly kind: 'meeting';
  readonly procedure: string;
  readonly scale: ChoiceScale;
}

/** What such a judge found. */
export interface Answered extends Choice {
  readonly cut: boolean;
  readonly read: number;
  readonly abstained: number;
}

/** What such a judge wrote; nothing where it abstained. */
export interface Written extends Omit<Answered, 'shares'> {
  readonly text: string;
}

/** Questions that an endpoint is asked at the same time. */
const atOnce = 4;

export class ChatJudges {
  constructor(
    readonly chats: Chats,
    private readonly model: LanguageModel,
    private readonly stack: ExpertStack,
    private readonly signal: AbortSignal,
  ) {}

  /** What the judge finds of each question, in their order. */
  ask(
    judge: ChatJudge | MeetingJudge,
    questions: readonly ChoiceQuestion[],
    frame: number,
    onAsked: (questions: number) => void,
  ): Promise<Answered[]> {
    return this.each(
      judge,
      questions,
      judge.kind === 'chat' ? this.choice(judge, frame) : this.vote(judge, frame),
      onAsked,
    );
  }

  /** What the judge writes in answer to each question, in their order: a reply has so many tokens at most. */
  write(
    judge: ChatJudge | MeetingJudge,
    questions: readonly string[],
    frame: number,
    maxTokens: number,
  ): Promise<Written[]> {
    const write = judge.kind === 'chat' ? this.reply(judge, frame, maxTokens) : this.answer(judge, frame, maxTokens);
    return this.each(judge, questions, write);
  }

  private async each<Q, A>(
    judge: ChatJudge | MeetingJudge,
    questions: readonly Q[],
    ask: (question: Q) => Promise<A>,
    onAsked?: (questions: number) => void,
  ): Promise<A[]> {
    const together = judge.kind === 'meeting' || judge.chat === 'local' ? 1 : atOnce;
    const answered: A[] = [];
    for (let from = 0; from < questions.length; from += together) {
      this.signal.throwIfAborted();
      const block = questions.slice(from, from + together);
      answered.push(...(await Promise.all(block.map(ask))));
      onAsked?.(block.length);
    }
    return answered;
  }

  private choice(judge: ChatJudge, frame: number) {
    const chat = this.chatOf(judge);
    return async ({ question, choices }: ChoiceQuestion): Promise<Answered> => {
      const { shares, tokens } = await choiceOf(chat, turnsOf(judge, question, frame), choices, this.signal);
      return { shares, cut: false, read: tokens, abstained: Number(shares === undefined) };
    };
  }

  private reply(judge: ChatJudge, frame: number, maxTokens: number) {
    const chat = this.chatOf(judge);
    return async (question: string): Promise<Written> => {
      try {
        const { text, tokens } = await chat.say(turnsOf(judge, question, frame), maxTokens, this.signal);
        return { text, cut: false, read: tokens, abstained: 0 };
      } catch (error) {
        if (!(error instanceof AbstainedError)) throw error;
        return { text: '', cut: false, read: error.tokens, abstained: 1 };
      }
    };
  }

  private vote(judge: MeetingJudge, frame: number) {
    const { model, signal } = this;
    const { seats, procedure } = this.meeting(judge);
    const { scale } = judge;
    const empty = questionPrompt(emptyQuestion, { chats: model.chat.hasTemplate, frame });
    return (asked: ChoiceQuestion): Promise<Answered> =>
      this.counting(async () => {
        const put = putQuestion(model, asked, { frame });
        const shares = await sitTogether(seats, procedure, { asked, put, frame, scale, empty, signal });
        return { shares, cut: put.cut };
      });
  }

  private answer(judge: MeetingJudge, frame: number, maxTokens: number) {
    const { model, signal } = this;
    const { seats, procedure } = this.meeting(judge);
    return (question: string): Promise<Written> =>
      this.counting(async () => {
        const { prompt, cut, settings } = putOpenly(model, question, maxTokens, { frame });
        const chatPrompt = questionConversation(question, frame > 0);
        const watch = { signal, onToken: () => undefined };
        const { text } = await procedure.answer({ ...seats, chatPrompt }, prompt, settings, watch);
        return { text, cut };
      });
  }

  private chatOf({ chat: name }: ChatJudge): ChatMember {
    const chat = this.chats.get(name);
    if (chat === undefined) throw new Error(`the chat model ${name} was not opened`);
    return chat;
  }

  private meeting({ members, instruction, procedure }: MeetingJudge): {
    readonly seats: Seats;
    readonly procedure: Procedure;
  } {
    const { model, stack } = this;
    const experts = Array.from({ length: stack.count }, (_, i) => String(i));
    const seats = seatsOf({ model, stack, experts }, { members, instruction }, this.chats);
    return { seats, procedure: procedureNamed(procedure, procedures) };
  }

  /** With what was spent on it. */
  private async counting<A>(work: () => Promise<A>): Promise<A & { read: number; abstained: number }> {
    const before = this.spent;
    const done = await work();
    const { tokens, abstained } = this.spent;
    return { ...done, read: tokens - before.tokens, abstained: abstained - before.abstained };
  }

  /** Tokens that went through the model or were of questions to chat models and their replies, and how often these abstained. */
  private get spent(): { readonly tokens: number; readonly abstained: number } {
    let [tokens, abstained] = [this.model.counted.scored, 0];
    for (const { figures } of this.chats.values()) {
      tokens += figures.tokens;
      for (const count of figures.abstained.values()) abstained += count;
    }
    return { tokens, abstained };
  }
}

/** A question as a chat model reads it that sits alone. */
const turnsOf = ({ role, instruction }: ChatJudge, question: string, frame: number): ChatTurn[] =>
  conversationOf(memberPrompt(role, instruction, questionConversation(question, frame > 0)));

/** What became of what chat models were asked, one note each. */
export const chatNotes = (chats: Chats): string[] =>
  [...chats.values()].map(({ label, figures }) => figuresText(label, figures));
