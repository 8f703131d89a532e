import { UserError } from '../base/errors';

/** A language model that is spoken with, wherever it runs. */
export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatReply {
  readonly text: string;
  /** Tokens of the conversation and the reply; estimated where nobody counts them. */
  readonly tokens: number;
  /** Whether it came to its end, or to that of the tokens that it was given. */
  readonly finish: 'stop' | 'length';
}

export interface ChatOptions {
  /** Tokens of the reply at most. */
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

export interface ChatModel {
  /** Says in records who answered. */
  readonly name: string;
  /**
   * Answers without drawing: the same conversation should get the same reply. Throws UserError where it would never answer (no such
   * model, a key that is refused), RefusedQuestionError where it does not take this one, LongQuestionError where the conversation leaves its answer no room, SilentError where it did not this time, and the signal's reason once that is aborted.
   */
  ask(messages: readonly ChatTurn[], options: ChatOptions): Promise<ChatReply>;
}

/** A model that should have answered did not: it was unreachable, overloaded or too slow, time and again. */
export class SilentError extends Error {
  override readonly name = 'SilentError';
}

/** This question is not taken, as one that breaks an endpoint's rules is not: another one may be. */
export class RefusedQuestionError extends UserError {
  override readonly name = 'RefusedQuestionError';
}

/** A conversation is longer than the model reads: a shorter one may be answered. */
export class LongQuestionError extends UserError {
  override readonly name = 'LongQuestionError';
}

/** Characters that make about a token, where nobody counts. */
const charactersPerToken = 4;

export function estimateTokens(...texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / charactersPerToken), 0);
}
