/** Judges that are no tasks, because they are chat models or councils with some: they are asked in the process of the run, and their replies kept. */
import { figuresText } from '../../council/chat-member';
import { conversationOf, questionConversation } from '../../council/chat-words';
import type { Choice } from '../../council/choosing';
import { type Chats, procedureNamed, seatsOf } from '../../council/council';
import { memberPrompt } from '../../council/procedure';
import { procedures } from '../../council/procedures';
import { putQuestion } from '../../council/put-question';
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

/** Questions that an endpoint is asked at the same time. */
const atOnce = 4;

type Ask = (question: ChoiceQuestion) => Promise<Answered>;

export class ChatJudges {
  constructor(
    readonly chats: Chats,
    private readonly model: LanguageModel,
    private readonly stack: ExpertStack,
    private readonly signal: AbortSignal,
  ) {}

  /** What the judge finds of each question, in their order. */
  async ask(
    judge: ChatJudge | MeetingJudge,
    questions: readonly ChoiceQuestion[],
    frame: number,
    onAsked: (questions: number) => void,
  ): Promise<Answered[]> {
    const ask = judge.kind === 'chat' ? this.alone(judge, frame) : this.meeting(judge, frame);
    const together = judge.kind === 'meeting' || judge.chat === 'local' ? 1 : atOnce;
    const answered: Answered[] = [];
    for (let from = 0; from < questions.length; from += together) {
      this.signal.throwIfAborted();
      const block = questions.slice(from, from + together);
      answered.push(...(await Promise.all(block.map(ask))));
      onAsked(block.length);
    }
    return answered;
  }

  private alone({ chat: name, role, instruction }: ChatJudge, frame: number): Ask {
    const chat = this.chats.get(name);
    if (chat === undefined) throw new Error(`the chat model ${name} was not opened`);
    return async ({ question, choices }) => {
      const turns = conversationOf(memberPrompt(role, instruction, questionConversation(question, frame > 0)));
      const { shares, tokens } = await choiceOf(chat, turns, choices, this.signal);
      return { shares, cut: false, read: tokens, abstained: Number(shares === undefined) };
    };
  }

  private meeting({ members, instruction, procedure: name, scale }: MeetingJudge, frame: number): Ask {
    const { model, stack, signal } = this;
    const experts = Array.from({ length: stack.count }, (_, i) => String(i));
    const seats = seatsOf({ model, stack, experts }, { members, instruction }, this.chats);
    const procedure = procedureNamed(name, procedures);
    const empty = questionPrompt(emptyQuestion, { chats: model.chat.hasTemplate, frame });
    return async (asked) => {
      const put = putQuestion(model, asked, { frame });
      const before = this.spent;
      const shares = await sitTogether(seats, procedure, { asked, put, frame, scale, empty, signal });
      const { tokens, abstained } = this.spent;
      return { shares, cut: put.cut, read: tokens - before.tokens, abstained: abstained - before.abstained };
    };
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

/** What became of what chat models were asked, one note each. */
export const chatNotes = (chats: Chats): string[] =>
  [...chats.values()].map(({ label, figures }) => figuresText(label, figures));
