/** What a request of either form, completion or chat, comes to: questions for `ask`, and how their answers are written. */
import { randomInt } from 'node:crypto';
import type { AnswerToken } from '../../protocol/answers';
import type { Given, Result } from '../../protocol/messages';
import { ApiError } from './errors';
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
  /** One for each choice: of each prompt there are `n`, one after the other. */
  readonly questions: readonly EndpointQuestion[];
  readonly n: number;
  choice(index: number, answer: EndpointAnswer): object;
  streamed(index: number): StreamedChoice;
}

/** The choices of the chunks of one answer, in the order in which they are sent. */
export interface StreamedChoice {
  /** With the tokens of the prompt, where the question asks for them. */
  open(prompt: EndpointAnswer['prompt']): object[];
  token(token: AnswerToken): object;
  close(answer: EndpointAnswer): object;
}

/** Choices of one request, at most. */
const mostChoices = 2048;

type Asked = Pick<EndpointQuestion, 'maxTokens' | 'alternatives' | 'echo'>;

/** The questions for some prompts, `n` for each, by the parameters that both forms share. Throws ApiError where they are too many. */
export function questionsFor(
  prompts: readonly EndpointQuestion['prompt'][],
  request: CompletionRequest | ChatRequest,
  rest: Asked,
): EndpointQuestion[] {
  const { model, n, best_of = n, stop, temperature } = request;
  if (best_of !== n) {
    const message = 'This endpoint writes the answers that it returns and no others; leave best_of out.';
    throw new ApiError(400, message, { param: 'best_of', code: 'unsupported_parameter' });
  }
  if (prompts.length * n > mostChoices) {
    throw new ApiError(400, `n: at most ${mostChoices} answers are written at once.`, {
      param: 'n',
      code: 'invalid_value',
    });
  }
  // Seeds of numbers that are no seeds are drawn anew.
  const seed = request.seed === undefined || request.seed === -1 ? randomInt(2 ** 31) : request.seed;
  const drawn = {
    temperature,
    topP: request.top_p,
    topK: request.top_k,
    minP: request.min_p,
    presencePenalty: request.presence_penalty,
    frequencyPenalty: request.frequency_penalty,
    repetitionPenalty: request.repetition_penalty ?? request.repeat_penalty ?? 1,
    sampling: request.sampling,
    skip: request.skip,
  };
  return prompts.flatMap((prompt) =>
    Array.from({ length: n }, (_, i) => ({ model, prompt, stop, shorten: false, ...drawn, seed: seed + i, ...rest })),
  );
}

/** A log-probability that rounding has not lifted above zero; null where there is none. */
export function logprob({ logProbability }: { readonly logProbability: number }): number;
export function logprob({ logProbability }: { readonly logProbability: number | null }): number | null;
export function logprob({ logProbability }: { readonly logProbability: number | null }): number | null {
  return logProbability === null ? null : Math.min(0, logProbability);
}

/** Extension of a whole choice: what each expert had to say in each token, so that tools can colour it. */
export function polymath({ experts, tokens }: EndpointAnswer): object {
  return { experts, tokens: tokens.map(({ text }) => text), weights: tokens.map(({ weights }) => weights) };
}
