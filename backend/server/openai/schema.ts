/** What the endpoint takes, parameter by parameter. */
import { z } from 'zod';
import { shapeOf } from '../../base/settings-schema';
import { answerSettings } from '../../protocol/settings';
import { harmless, neutral } from './parameters';

const text = z.string().max(2_000_000);
const { temperature, topP, topK, minP, presencePenalty, frequencyPenalty, repetitionPenalty, skip } =
  shapeOf(answerSettings);

/** -1, as llama.cpp has it, is as many as the model has positions for. */
const maxTokens = z
  .int('a whole number of tokens, or -1 for as many as there is room for')
  .min(-1)
  .transform((count) => Math.min(count === -1 ? Infinity : count, answerSettings.maxTokens.form.most));

const stops = z
  .union([text.transform((stop) => [stop]), z.array(text)], 'a text, or an array of texts')
  .transform((all) => all.filter((stop) => stop !== ''));

const common = {
  ...neutral,
  ...harmless,
  model: z.string('name one of those that GET /v1/models lists').min(1).max(200),
  // Where nobody says otherwise, OpenAI draws from the distribution as it is.
  temperature: temperature.unwrap().default(1),
  top_p: topP.unwrap().default(1),
  // vLLM calls it -1 when all tokens are drawn from, llama.cpp 0.
  top_k: z.preprocess((k) => (k === -1 ? 0 : k), topK),
  min_p: minP,
  presence_penalty: presencePenalty,
  frequency_penalty: frequencyPenalty,
  repetition_penalty: repetitionPenalty.unwrap().optional(),
  /** llama.cpp's word for it. */
  repeat_penalty: repetitionPenalty.unwrap().optional(),
  /** Of mixtures, by no other server's word. */
  sampling: z.enum(['mixture', 'expert-first'], '"mixture" or "expert-first"').default(answerSettings.sampling.default),
  skip,
  n: z.int().min(1).max(128).default(1),
  best_of: z.int().optional(),
  stop: stops.default([]),
  /** -1, as both have it: another one each time. */
  seed: z.int().optional(),
  stream: z.boolean().default(false),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
};

/** Token ids, which are read as they are, or a text. */
export type CompletionPrompt = string | { readonly tokens: number[] };

export const tokenIds = z
  .array(z.int().nonnegative())
  .min(1)
  .transform((tokens): CompletionPrompt => ({ tokens }));

export const completionRequest = z.strictObject({
  ...common,
  prompt: z.union(
    [
      text.transform((prompt): CompletionPrompt[] => [prompt]),
      tokenIds.transform((ids) => [ids]),
      z
        .array(z.union([text, tokenIds]))
        .min(1)
        .max(2048),
    ],
    'a text or an array of token ids, or an array of these',
  ),
  echo: z.boolean().default(false),
  max_tokens: maxTokens.default(16),
  /** So many of the most probable tokens are told with each; true for one. */
  logprobs: z
    .union([z.boolean(), z.int().min(0).max(20)], 'a whole number from 0 to 20')
    .transform((count) => (typeof count === 'number' ? count : count ? 1 : undefined))
    .optional(),
});
export type CompletionRequest = z.output<typeof completionRequest>;

const onlyText = 'only text, as a string or as parts of type "text", is read';
const content = z.union(
  [
    text,
    z.array(z.object({ type: z.literal('text'), text })).transform((parts) => parts.map((part) => part.text).join('')),
  ],
  onlyText,
);
const noCalls = z.array(z.unknown()).max(0, 'calls of tools are not read').optional();

/** Of a message what the model reads. What clients note down beside it, such as ids and earlier reasoning, changes nothing. */
const message = z
  .object({
    role: z.enum(
      ['system', 'developer', 'user', 'assistant'],
      'only "system", "developer", "user" and "assistant" are read; results of tools are not',
    ),
    content: content.optional(),
    audio: z.never('only text is read').optional(),
    function_call: z.never('calls of functions are not read').optional(),
    tool_calls: noCalls,
  })
  // An assistant that said nothing: null.
  .refine(({ role, content }) => content !== undefined || role === 'assistant', { path: ['content'], error: onlyText })
  .transform(({ role, content = '' }) => ({ role, content }));

export const chatRequest = z.strictObject({
  ...common,
  messages: z.array(message, 'an array of messages').min(1, 'at least one message is needed').max(2000),
  max_tokens: maxTokens.optional(),
  max_completion_tokens: maxTokens.optional(),
  logprobs: z.boolean().default(false),
  top_logprobs: z.int().min(0).max(20).default(0),
});
export type ChatRequest = z.output<typeof chatRequest>;
