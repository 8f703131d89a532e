/** Chat: `POST /v1/chat/completions`. */
import type { AnswerToken } from '../../protocol/answers';
import { ApiError } from './errors';
import { type HttpExchange, logprob, polymath, questionsFor, type StreamedChoice } from './exchange';
import { parseRequest } from './parameters';
import { chatRequest } from './schema';

/** A base model seldom ends an answer by itself: this is where it ends if nobody says otherwise. */
const defaultMaxTokens = 1024;

/** Throws ApiError for a body that is no request or asks for what is not supported. */
export function chat(body: unknown): HttpExchange {
  const request = parseRequest(chatRequest, body);
  const { model, n, stream, logprobs, top_logprobs: alternatives } = request;
  if (alternatives > 0 && !logprobs) {
    throw new ApiError(400, 'top_logprobs needs logprobs: true.', { param: 'top_logprobs', code: 'invalid_value' });
  }
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? defaultMaxTokens;
  const told = (tokens: readonly AnswerToken[]): object | null =>
    logprobs ? { content: tokens.map(tokenLogprobs), refusal: null } : null;
  return {
    model,
    stream,
    includeUsage: request.stream_options?.include_usage ?? false,
    names: { id: 'chatcmpl', whole: 'chat.completion', chunk: 'chat.completion.chunk' },
    questions: questionsFor([request.messages], request, { maxTokens, alternatives, echo: false }),
    n,
    choice: (index, answer) => {
      return {
        index,
        message: { role: 'assistant', content: answer.text, refusal: null },
        logprobs: told(answer.tokens),
        finish_reason: answer.finish,
        polymath: polymath(answer),
      };
    },
    streamed: (index) => streamed(index, told),
  };
}

function streamed(index: number, told: (tokens: readonly AnswerToken[]) => object | null): StreamedChoice {
  const choice = (delta: object, rest: object): object => ({
    index,
    delta,
    logprobs: null,
    finish_reason: null,
    ...rest,
  });
  return {
    open: () => [choice({ role: 'assistant', content: '' }, {})],
    token: (token) =>
      choice({ content: token.text }, { logprobs: told([token]), polymath: { weights: token.weights } }),
    close: ({ finish, experts }) => choice({}, { finish_reason: finish, polymath: { experts } }),
  };
}

function tokenLogprobs(token: AnswerToken): object {
  return { ...withBytes(token), top_logprobs: token.alternatives.map(withBytes) };
}

function withBytes(one: { readonly text: string; readonly logProbability: number | null }): object {
  return { token: one.text, logprob: logprob(one), bytes: [...Buffer.from(one.text)] };
}
