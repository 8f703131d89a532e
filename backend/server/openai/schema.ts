/**
 * What the endpoint takes, parameter by parameter. What would change the answer and is not supported is refused by name, never
 * ignored; what changes nothing is let through.
 */
import { z } from 'zod';
import { ApiError } from './errors';

const text = z.string().max(2_000_000);
const maxTokens = z.int().min(1);

/** Parameters of OpenAI that would change the answer: only the value that leaves it as it is may be given. */
const unsupported = {
  n: z.literal(1).optional(),
  best_of: z.literal(1).optional(),
  suffix: z.literal('').optional(),
  presence_penalty: z.literal(0).optional(),
  frequency_penalty: z.literal(0).optional(),
  logit_bias: z.strictObject({}).optional(),
  response_format: z.strictObject({ type: z.literal('text') }).optional(),
  modalities: z.tuple([z.literal('text')]).optional(),
  audio: z.never().optional(),
  tools: z.array(z.unknown()).max(0).optional(),
  tool_choice: z.enum(['none', 'auto']).optional(),
  functions: z.array(z.unknown()).max(0).optional(),
  function_call: z.enum(['none', 'auto']).optional(),
  reasoning_effort: z.literal('none').optional(),
  verbosity: z.literal('medium').optional(),
  web_search_options: z.never().optional(),
  moderation: z.never().optional(),
};

/** Parameters that leave the answer as it is. */
const harmless = {
  user: z.unknown().optional(),
  metadata: z.unknown().optional(),
  store: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  safety_identifier: z.unknown().optional(),
  prompt_cache_key: z.unknown().optional(),
  prompt_cache_retention: z.unknown().optional(),
  prediction: z.unknown().optional(),
  parallel_tool_calls: z.unknown().optional(),
};

const common = {
  ...unsupported,
  ...harmless,
  model: z.string().min(1).max(200),
  temperature: z.number().min(0).max(2).default(1),
  top_p: z.number().min(0).max(1).default(1),
  stop: z
    .union([
      z
        .string()
        .max(1000)
        .transform((stop) => [stop]),
      z.array(z.string().max(1000)).max(4),
    ])
    .transform((stops) => stops.filter((stop) => stop !== ''))
    .default([]),
  seed: z.int().optional(),
  stream: z.boolean().default(false),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
};

export const completionRequest = z.strictObject({
  ...common,
  prompt: z.union([text.transform((prompt) => [prompt]), z.array(text).min(1).max(64)]),
  echo: z.boolean().default(false),
  max_tokens: maxTokens.default(16),
  /** So many of the most probable tokens are told with each. */
  logprobs: z.int().min(0).max(5).optional(),
});
export type CompletionRequest = z.output<typeof completionRequest>;

const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([
    text,
    z
      .array(z.strictObject({ type: z.literal('text'), text }))
      .transform((parts) => parts.map((part) => part.text).join('')),
  ]),
  name: z.string().optional(),
  // An answer that a client sends back as it got it.
  refusal: z.null().optional(),
  annotations: z.array(z.unknown()).max(0).optional(),
  audio: z.null().optional(),
  function_call: z.null().optional(),
  tool_calls: z.array(z.unknown()).max(0).nullish(),
});
export type OpenAiMessage = z.output<typeof message>;

export const chatRequest = z.strictObject({
  ...common,
  messages: z.array(message).min(1).max(2000),
  max_tokens: maxTokens.optional(),
  max_completion_tokens: maxTokens.optional(),
  logprobs: z.boolean().default(false),
  top_logprobs: z.int().min(0).max(20).default(0),
});
export type ChatRequest = z.output<typeof chatRequest>;

/** Throws ApiError that names the first parameter at fault. */
export function parseRequest<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(withoutNulls(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue.path[0] ?? '');
  if (Object.hasOwn(unsupported, name)) {
    throw new ApiError(400, `This endpoint does not support ${name}; leave it out.`, unsupportedDetails(name));
  }
  if (issue.code === 'unrecognized_keys') {
    const param = [...issue.path, issue.keys[0]].join('.');
    throw new ApiError(400, `This endpoint does not know ${param}; leave it out.`, {
      param,
      code: 'unknown_parameter',
    });
  }
  const param = issue.path.join('.');
  throw new ApiError(400, `${param || 'The body'}: ${explain(issue)}.`, { param, code: 'invalid_value' });
}

function unsupportedDetails(param: string): { param: string; code: string } {
  return { param, code: 'unsupported_parameter' };
}

function explain(issue: z.core.$ZodIssue): string {
  const last = issue.path.at(-1);
  if (issue.code !== 'invalid_union') return issue.message;
  if (last === 'content') return 'only text, as a string or as parts of type "text", is read';
  if (last === 'prompt') return 'only text, a string or an array of strings, is read';
  return issue.message;
}

/** Clients send null for a parameter that is not set. */
function withoutNulls(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}
