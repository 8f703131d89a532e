/** Text completions: `POST /v1/completions`. */
import type { AnswerToken } from '../../protocol/messages';
import { ApiError } from './errors';
import { type HttpExchange, logprob, polymath, readQuestion, type StreamedChoice } from './exchange';
import { completionRequest, parseRequest } from './schema';

/** Throws ApiError for a body that is no request or asks for what is not supported. */
export function completions(body: unknown): HttpExchange {
  const request = parseRequest(completionRequest, body);
  const { model, stream, echo, logprobs } = request;
  if (echo && logprobs !== undefined) {
    const details = { param: 'echo', code: 'unsupported_parameter' };
    throw new ApiError(400, 'Log-probabilities of the prompt are not told: leave out echo or logprobs.', details);
  }
  const told = (tokens: readonly AnswerToken[], offset: number): object | null =>
    logprobs === undefined ? null : tokenLogprobs(tokens, offset);
  const begin = (index: number): string => (echo ? request.prompt[index] : '');
  return {
    model,
    stream,
    includeUsage: request.stream_options?.include_usage ?? false,
    names: { id: 'cmpl', whole: 'text_completion', chunk: 'text_completion' },
    questions: request.prompt.map((prompt) =>
      readQuestion(request, { prompt, maxTokens: request.max_tokens, stop: request.stop, alternatives: logprobs ?? 0 }),
    ),
    choice: (index, answer) => ({
      index,
      text: begin(index) + answer.text,
      logprobs: told(answer.tokens, 0),
      finish_reason: answer.finish,
      polymath: polymath(answer),
    }),
    streamed: (index) => streamed(index, begin(index), told),
  };
}

function streamed(
  index: number,
  begin: string,
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
    open: () => (begin === '' ? [] : [choice(begin, {})]),
    token: (token) => {
      const logprobs = told([token], offset);
      offset += token.text.length;
      return choice(token.text, { logprobs, polymath: { weights: token.weights } });
    },
    close: ({ finish, experts }) => choice('', { finish_reason: finish, polymath: { experts } }),
  };
}

/** Offsets are UTF-16 units from the beginning of the answer. */
function tokenLogprobs(tokens: readonly AnswerToken[], offset: number): object {
  let at = offset;
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(logprob),
    top_logprobs: tokens.map(topLogprobs),
    text_offset: tokens.map(({ text }) => (at += text.length) - text.length),
  };
}

/** By text, as OpenAI has it: of alternatives with the same text the most probable, and the token itself in any case. */
function topLogprobs(token: AnswerToken): Record<string, number> {
  const pairs = [...token.alternatives].reverse().map((one) => [one.text, logprob(one)] as const);
  const top = new Map(pairs);
  if (!top.has(token.text)) top.set(token.text, logprob(token));
  return Object.fromEntries(top);
}
