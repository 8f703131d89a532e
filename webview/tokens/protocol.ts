/** What the page of tokens and the extension say to each other. */
import { z } from 'zod';
import { questionSettings } from './settings';

const { temperature, maxTokens } = questionSettings;

/** What is asked, of whom, and how. */
export const question = z.strictObject({
  prompt: z.string().max(100_000),
  model: z.string().max(200),
  temperature: z.number().min(temperature.form.least).max(temperature.form.most),
  seed: z.int(),
  maxTokens: z.int().min(maxTokens.form.least).max(maxTokens.form.most),
});
export type Question = z.infer<typeof question>;

/** From the page. The extension checks it. */
export const toHost = z.discriminatedUnion('type', [
  /** It hears from now on: everything is to be said anew. */
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('ask'), question }),
  z.strictObject({ type: z.literal('stop') }),
  z.strictObject({ type: z.literal('copy'), answer: z.int() }),
  /** Takes an answer out of those that are kept. */
  z.strictObject({ type: z.literal('remove'), answer: z.int() }),
]);
export type ToHost = z.infer<typeof toHost>;

const token = z.strictObject({
  text: z.string(),
  /** Nats; null where who answered tells none. */
  logProbability: z.number().nullable(),
  /** How much each expert had to say, in the order of `voices`. */
  weights: z.array(z.number()),
  alternatives: z.array(z.strictObject({ text: z.string(), logProbability: z.number() })),
});
export type Token = z.infer<typeof token>;

/** An expert that took part: `index` is the number of its letter, which gives its colour; the base model has none. */
const voice = z.strictObject({ letter: z.string(), name: z.string(), index: z.int().nonnegative().exactOptional() });
export type Voice = z.infer<typeof voice>;

export const answer = z.strictObject({
  id: z.int(),
  question,
  voices: z.array(voice),
  state: z.enum(['streaming', 'done', 'stopped', 'failed']),
  /** Where it failed: the cause, and the step that mends it. */
  trouble: z.string().optional(),
  tokens: z.array(token),
});
export type Answer = z.infer<typeof answer>;

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  draft: question,
  /** The latest first. */
  answers: z.array(answer),
});
export type State = z.infer<typeof state>;

/** Somebody who can be asked. */
export interface Answerer {
  readonly id: string;
  readonly description: string;
}

/** To the page. */
export type ToPage =
  | { readonly type: 'answerers'; readonly answerers: readonly Answerer[]; readonly trouble?: string | undefined }
  /** All that are kept, the latest first. */
  | { readonly type: 'answers'; readonly answers: readonly Answer[] }
  /** The tokens that follow the first `from` of an answer. */
  | { readonly type: 'tokens'; readonly answer: number; readonly from: number; readonly tokens: readonly Token[] }
  /** What the answer form is to hold. */
  | { readonly type: 'draft'; readonly draft: Question };
