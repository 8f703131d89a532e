/** What a request of either form, completion or chat, comes to: questions for `ask`, and how their answers are written. */
import { randomInt } from 'node:crypto';
import type { AnswerToken, Given, Result } from '../../protocol/messages';
import type { ChatRequest, CompletionRequest } from './schema';

export type EndpointQuestion = Given<'ask'>;
export type EndpointAnswer = Result<'ask'>;

export interface HttpExchange {
  readonly model: string;
  readonly stream: boolean;
  /** Whether a stream ends with the counts of tokens. */
  readonly includeUsage: boolean;
  /** What ids begin with, and the names of whole answers and of chunks. */
  readonly names: { readonly id: string; readonly whole: string; readonly chunk: string };
  /** One for each choice. */
  readonly questions: readonly EndpointQuestion[];
  choice(index: number, answer: EndpointAnswer): object;
  streamed(index: number): StreamedChoice;
}

/** The choices of the chunks of one answer, in the order in which they are sent. */
export interface StreamedChoice {
  open(): object[];
  token(token: AnswerToken): object;
  close(answer: EndpointAnswer): object;
}

/** The parameters that both forms share, for a prompt. */
export function readQuestion(
  { model, temperature, top_p, seed = randomInt(2 ** 31) }: CompletionRequest | ChatRequest,
  rest: Pick<EndpointQuestion, 'prompt' | 'maxTokens' | 'stop' | 'alternatives'>,
): EndpointQuestion {
  const most = 100_000;
  const common = { model, temperature, topP: Math.max(0.01, top_p), seed, shorten: false };
  return { ...common, ...rest, maxTokens: Math.min(most, rest.maxTokens) };
}

/** A log-probability that rounding has not lifted above zero. */
export function logprob({ logProbability }: { readonly logProbability: number }): number {
  return Math.min(0, logProbability);
}

/** Extension of a whole choice: what each expert had to say in each token, so that tools can colour it. */
export function polymath({ experts, tokens }: EndpointAnswer): object {
  return { experts, tokens: tokens.map(({ text }) => text), weights: tokens.map(({ weights }) => weights) };
}
