/** A chat model as a member of councils: it writes, and chooses in words, for it tells no likelihoods. Where it gives nothing usable it abstains. */
import type { Answerer } from '../answer/answerer';
import { UserError } from '../base/errors';
import { formatCount, formatNumber } from '../base/format';
import type { AnswerBook } from '../chat/answer-book';
import {
  type ChatModel,
  type ChatReply,
  type ChatTurn,
  estimateTokens,
  LongQuestionError,
  RefusedQuestionError,
  SilentError,
} from '../chat/chat-model';
import { chatLabel } from '../protocol/chat-name';
import { choiceConversation, type Chosen, conversationOf, readChoice } from './chat-words';

/** Why a chat model abstains. */
export const abstentions = {
  silent: 'it did not answer',
  gone: 'it had stopped answering, and was not asked any more',
  refused: 'it was not let answer',
  long: 'the question is longer than it reads',
  empty: 'it wrote nothing',
  endless: 'it wrote more than an answer can have',
  unread: 'its reply names no choice',
} as const;
export type Abstention = keyof typeof abstentions;

export class AbstainedError extends Error {
  override readonly name = 'AbstainedError';

  constructor(
    readonly reason: Abstention,
    detail = '',
    /** Of what it wrote all the same. */
    readonly tokens = 0,
  ) {
    super(detail === '' ? abstentions[reason] : `${abstentions[reason]}: ${detail.slice(0, 300)}`);
  }
}

/** What became of the questions to a chat model. */
export interface ChatFigures {
  /** Questions that were put, and of these such as were answered before an interruption. */
  calls: number;
  known: number;
  /** Of questions and replies. */
  tokens: number;
  /** How often it abstained, by the reason. */
  readonly abstained: Map<Abstention, number>;
  /** Why it did not answer the last time that it did not. */
  trouble?: string;
}

/** Questions without an answer, one after another, until it is not asked any more: each may take its whole patience. */
const mostSilence = 3;
/** Tokens of a reply that chooses, at most: models that think aloud need some. */
const choiceTokens = 700;
/** Characters of a reply that are taken for one: a token seldom has so many. */
const longestToken = 30;

/** What is kept of a reply: one that is too long for an answer by its length alone. */
type Kept = ChatReply | { readonly characters: number; readonly tokens: number };

export class ChatMember {
  readonly figures: ChatFigures = { calls: 0, known: 0, tokens: 0, abstained: new Map() };
  private silence = 0;
  private opened: Promise<ChatModel> | undefined;

  constructor(
    /** As `protocol/chat-name` reads it. */
    readonly name: string,
    private readonly open: () => Promise<ChatModel>,
    private readonly book: AnswerBook,
  ) {}

  get label(): string {
    return chatLabel(this.name);
  }

  /** A text that is not empty. Throws AbstainedError where it gives none, and the signal's reason. */
  async say(turns: readonly ChatTurn[], maxTokens: number, signal: AbortSignal): Promise<ChatReply> {
    return this.counting(async () => {
      const kept = await this.kept(turns, maxTokens, signal);
      this.figures.tokens += kept.tokens;
      const { tokens } = kept;
      if ('characters' in kept) throw new AbstainedError('endless', formatNumber(kept.characters, 'character'), tokens);
      if (kept.text.trim() === '') throw new AbstainedError('empty', '', tokens);
      return kept;
    });
  }

  /** The position of what it chooses after a conversation, and the tokens of question and reply. Throws as `say` does. */
  async choose(
    turns: readonly ChatTurn[],
    choices: readonly string[],
    { signal, among }: { readonly signal: AbortSignal; readonly among?: Chosen },
  ): Promise<{ readonly choice: number; readonly tokens: number }> {
    const { text, tokens } = await this.say(choiceConversation(turns, choices, among), choiceTokens, signal);
    return this.counting(() => {
      const choice = readChoice(text, choices);
      if (choice === undefined) throw new AbstainedError('unread', '', tokens);
      return Promise.resolve({ choice, tokens });
    });
  }

  private async counting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { abstained } = this.figures;
      if (error instanceof AbstainedError) abstained.set(error.reason, (abstained.get(error.reason) ?? 0) + 1);
      throw error;
    }
  }

  private async kept(turns: readonly ChatTurn[], maxTokens: number, signal: AbortSignal): Promise<Kept> {
    signal.throwIfAborted();
    if (this.silence >= mostSilence) throw new AbstainedError('gone');
    this.figures.calls++;
    try {
      const question = { chat: this.name, turns, maxTokens };
      const { answer, known } = await this.book.answer<Kept>(question, async () => {
        const model = await (this.opened ??= this.open());
        return bounded(await model.ask(turns, { maxTokens, signal }), maxTokens);
      });
      this.figures.known += Number(known);
      this.silence = 0;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      throw this.endured(error);
    }
  }

  /** What goes on without it; a defect does not. */
  private endured(error: unknown): unknown {
    if (error instanceof LongQuestionError) return new AbstainedError('long');
    if (error instanceof RefusedQuestionError) return new AbstainedError('refused', error.message);
    if (!(error instanceof SilentError || error instanceof UserError)) return error;
    this.silence++;
    const trouble = error instanceof UserError ? `${error.message} ${error.next}` : error.message;
    this.figures.trouble = trouble;
    return new AbstainedError('silent', trouble);
  }
}

function bounded(reply: ChatReply, maxTokens: number): Kept {
  const { length } = reply.text;
  return length <= longestToken * Math.max(maxTokens, choiceTokens)
    ? reply
    : { characters: length, tokens: reply.tokens };
}

/** What a chat model answers as a member: it draws nothing, and all that it writes is one token. */
export function chatAnswerer(member: ChatMember): Answerer {
  const experts = [member.label];
  return {
    experts,
    answer: async (prompt, { maxTokens, stop }, { signal, onToken }) => {
      const turns = conversationOf(prompt);
      const promptTokens = estimateTokens(...turns.map(({ content }) => content));
      if (maxTokens === 0) return { text: '', finish: 'length', experts, promptTokens, tokens: [] };
      const reply = await member.say(turns, maxTokens, signal);
      const text = beforeStop(reply.text.trim(), stop);
      const token = { text, logProbability: null, weights: [1], alternatives: [] };
      onToken(token);
      const finish = text.length < reply.text.trim().length ? 'stop' : reply.finish;
      return { text, finish, experts, promptTokens, tokens: [token] };
    },
    score: () => {
      const message = `${member.label} is a chat model, which tells no likelihoods.`;
      return Promise.reject(new UserError(message, 'Let an expert judge.'));
    },
  };
}

function beforeStop(text: string, stop: readonly string[]): string {
  const ends = stop.map((one) => text.indexOf(one)).filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}

/** In words, what became of what a chat model was asked; empty where nothing was. */
export function figuresText(label: string, { calls, known, tokens, abstained, trouble }: ChatFigures): string {
  const asked = `${label} was asked ${formatNumber(calls, 'time')}${known > 0 ? ` (${formatCount(known)} of them answered before)` : ''}, ${formatNumber(tokens, 'token')}`;
  const reasons = [...abstained].map(([reason, count]) => `${formatCount(count)} × ${abstentions[reason]}`);
  if (reasons.length === 0) return `${asked}.`;
  const all = [...abstained.values()].reduce((sum, count) => sum + count, 0);
  const last = trouble === undefined ? '' : ` The last time: ${trouble}`;
  return `${asked}; it abstained ${formatNumber(all, 'time')}: ${reasons.join('; ')}.${last}`;
}
