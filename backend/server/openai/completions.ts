/** Text completions: `POST /v1/completions`. */
import type { AnswerToken } from '../../protocol/answers';
import {
  type EndpointAnswer,
  type HttpExchange,
  logprob,
  polymath,
  questionsFor,
  type StreamedChoice,
} from './exchange';
import { parseRequest } from './parameters';
import { completionRequest, type CompletionRequest } from './schema';

/** Throws ApiError for a body that is no request or asks for what is not supported. */
export function completions(body: unknown): HttpExchange {
  const request = parseRequest(completionRequest, body);
  const { model, n, stream, logprobs, max_tokens: maxTokens } = request;
  // The text of token ids is known where the model is.
  const echo = request.echo && (logprobs !== undefined || request.prompt.some((prompt) => typeof prompt !== 'string'));
  const told = (tokens: readonly AnswerToken[], offset: number): object | null =>
    logprobs === undefined ? null : tokenLogprobs(tokens, offset);
  const echoed = (index: number, read: EndpointAnswer['prompt']): string =>
    request.echo ? textOf(request.prompt[Math.floor(index / n)], read) : '';
  return {
    model,
    n,
    stream,
    includeUsage: request.stream_options?.include_usage ?? false,
    names: { id: 'cmpl', whole: 'text_completion', chunk: 'text_completion' },
    questions: questionsFor(request.prompt, request, { maxTokens, alternatives: logprobs ?? 0, echo }),
    choice: (index, answer) => ({
      index,
      text: echoed(index, answer.prompt) + answer.text,
      logprobs: told([...(answer.prompt ?? []), ...answer.tokens], 0),
      finish_reason: answer.finish,
      polymath: polymath(answer),
    }),
    streamed: (index) => streamed(index, (read) => echoed(index, read), told),
  };
}

/** A token of the prompt or of the answer. */

const textOf = (prompt: CompletionRequest['prompt'][number], read: EndpointAnswer['prompt'] = []): string =>
  typeof prompt === 'string' ? prompt : read.map(({ text }) => text).join('');

function streamed(
  index: number,
  echoed: (read: EndpointAnswer['prompt']) => string,
  told: (tokens: readonly AnswerToken[], offset: number) => object | null,
): StreamedChoice {
  let offset = 0;
  const choice = (text: string, rest: object): object => ({
    index,
    text,
    logprobs: null,
    finish_reason: null,
    ...rest,
  });
  return {
    open: (read) => {
      const text = echoed(read);
      offset = text.length;
      return text === '' ? [] : [choice(text, { logprobs: read === undefined ? null : told(read, 0) })];
    },
    token: (token) => {
      const logprobs = told([token], offset);
      offset += token.text.length;
      return choice(token.text, { logprobs, polymath: { weights: token.weights } });
    },
    close: ({ finish, experts }) => choice('', { finish_reason: finish, polymath: { experts } }),
  };
}

/** Offsets are UTF-16 units from the beginning of the text. */
function tokenLogprobs(tokens: readonly AnswerToken[], offset: number): object {
  let at = offset;
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(logprob),
    top_logprobs: tokens.map(topLogprobs),
    text_offset: tokens.map(({ text }) => (at += text.length) - text.length),
  };
}

/**
 * By text, as OpenAI has it: of alternatives with the same text the most probable, and the token itself in any case. Null where
 * nothing stands before it.
 */
function topLogprobs(token: AnswerToken): Record<string, number> | null {
  const own = logprob(token);
  if (own === null) return null;
  const pairs = [...token.alternatives].reverse().map((one) => [one.text, logprob(one)] as const);
  const top = new Map(pairs);
  if (!top.has(token.text)) top.set(token.text, own);
  return Object.fromEntries(top);
}
