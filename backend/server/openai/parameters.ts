/**
 * Parameters of OpenAI's, llama.cpp's and vLLM's clients that this endpoint has no use for. What would change the answer and is not
 * supported is refused by name, never ignored, but for the one value that leaves the answer as it is; what changes nothing is let through.
 */
import { z } from 'zod';
import { ApiError } from './errors';

/** A value that may be given, and why no other. */
interface Neutral {
  readonly value: z.ZodType;
  readonly why: string;
}

const only = (value: z.util.Literal, why: string): Neutral => ({ value: z.literal(value), why });
const none = (why: string): Neutral => ({ value: z.union([z.array(z.unknown()).max(0), z.strictObject({})]), why });

const noTools = 'No tools are called here';
const noGrammar = 'Answers are not held to a form';
const noSampler = 'Tokens are not drawn in this way here';
const ownEnd = 'An answer ends where the model ends it, at a stop text or at max_tokens';
const onlyText = 'Only text is read and written here';
const template = "A conversation is read as the model's own chat template writes it by default";

/** Those that would change the answer. */
const unsupported: Readonly<Record<string, Neutral>> = {
  suffix: only('', 'Texts are gone on with, and not filled in'),
  logit_bias: none('Logits are changed by penalties alone'),
  response_format: { value: z.object({ type: z.literal('text') }), why: noGrammar },
  modalities: { value: z.tuple([z.literal('text')]), why: onlyText },
  audio: none(onlyText),
  tools: none(noTools),
  tool_choice: { value: z.enum(['none', 'auto']), why: noTools },
  functions: none(noTools),
  function_call: { value: z.enum(['none', 'auto']), why: noTools },
  web_search_options: none('Nothing is looked up here'),
  verbosity: only('medium', 'The models here know no verbosity'),
  moderation: none('Nothing is moderated here'),
  // llama.cpp's and vLLM's.
  add_generation_prompt: only(true, template),
  continue_final_message: only(false, template),
  chat_template_kwargs: none(template),
  chat_template: none(template),
  extra_body: none("What a client's library would send as extra_body are parameters of the body itself"),
  options: none("Ollama's options are parameters of the body here"),
  ignore_eos: only(false, ownEnd),
  min_tokens: only(0, ownEnd),
  stop_token_ids: none(ownEnd),
  include_stop_str_in_output: only(false, ownEnd),
  use_beam_search: only(false, noSampler),
  typical_p: only(1, noSampler),
  mirostat: only(0, noSampler),
  dry_multiplier: only(0, noSampler),
  xtc_probability: only(0, noSampler),
  grammar: only('', noGrammar),
  json_schema: none(noGrammar),
  guided_json: none(noGrammar),
};
export const neutral = Object.fromEntries(
  Object.entries(unsupported).map(([name, { value }]) => [name, value.optional()]),
);

/** Those that leave the answer as it is. */
export const harmless = Object.fromEntries(
  [
    'user',
    'metadata',
    'store',
    'service_tier',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_retention',
    'prediction',
    'parallel_tool_calls',
    // No model here was made to think before it answers, or less of it.
    'reasoning_effort',
    'cache_prompt',
    'keep_alive',
  ].map((name) => [name, z.unknown().optional()]),
);

/** Throws ApiError that names the first parameter at fault. */
export function parseRequest<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(withoutNulls(body), { error: plainly });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue.path[0] ?? '');
  if (Object.hasOwn(unsupported, name)) {
    const details = { param: name, code: 'unsupported_parameter' };
    throw new ApiError(400, `${unsupported[name].why}: leave ${name} out.`, details);
  }
  if (issue.code === 'unrecognized_keys') {
    const param = [...issue.path, issue.keys[0]].join('.');
    const details = { param, code: 'unknown_parameter' };
    throw new ApiError(400, `This endpoint does not know ${param}; leave it out.`, details);
  }
  const param = issue.path.join('.');
  throw new ApiError(400, `${param || 'The body'}: ${issue.message}.`, { param, code: 'invalid_value' });
}

/** What a value must be, where the schema does not say it in words of its own. */
function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return `it must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`;
  const unit = issue.code === 'too_small' || issue.code === 'too_big' ? (units[issue.origin] ?? '') : '';
  if (issue.code === 'too_small') return `it must be at least ${issue.minimum}${unit}`;
  return issue.code === 'too_big' ? `it must be at most ${issue.maximum}${unit}` : undefined;
}

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

/** Clients send null for a parameter, or a field of a message, that is not set. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const told = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(told.map(([key, inner]) => [key, withoutNulls(inner)]));
}
