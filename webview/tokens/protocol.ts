/** What the page of tokens and the extension say to each other. */
import { z } from 'zod';
import { questionSettings } from './settings';

const { temperature, maxTokens } = questionSettings;

/** How many answer side by side, at most. */
export const mostBeside = 4;

/** What is asked, of whom, and how. */
export const question = z.strictObject({
  prompt: z.string().max(100_000),
  /** By their ids. */
  models: z.array(z.string().max(200)).min(1).max(mostBeside),
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
  /** The prompt is read, and nothing is written; without a prompt no more of it is. */
  z.strictObject({ type: z.literal('watch'), question: question.optional() }),
  z.strictObject({ type: z.literal('copy'), asked: z.int(), answer: z.int().nonnegative() }),
  /** Takes a question with its answers out of those that are kept. */
  z.strictObject({ type: z.literal('remove'), asked: z.int() }),
]);
export type ToHost = z.infer<typeof toHost>;

const token = z.strictObject({
  text: z.string(),
  /** Nats; null where who answered tells none, and of the first token of a text. */
  logProbability: z.number().nullable(),
  /** How much each expert had to say, in the order of `voices`; none of the first token of a text. */
  weights: z.array(z.number()),
  alternatives: z.array(z.strictObject({ text: z.string(), logProbability: z.number() })),
});
export type Token = z.infer<typeof token>;

/** An expert that took part: `index` is the number of its letter, which gives its colour; the base model has none. */
const voice = z.strictObject({ letter: z.string(), name: z.string(), index: z.int().nonnegative().exactOptional() });
export type Voice = z.infer<typeof voice>;

/** What one of those who were asked said. */
export const answer = z.strictObject({
  /** Who, as people call it. */
  name: z.string(),
  voices: z.array(voice),
  state: z.enum(['waiting', 'streaming', 'done', 'stopped', 'failed']),
  /** Where it failed: the cause, and the step that mends it. */
  trouble: z.string().optional(),
  /** The tokens of the prompt, where who answered tells them. */
  read: z.array(token),
  tokens: z.array(token),
});
export type Answer = z.infer<typeof answer>;

/** A question, and the answers to it, in the order of its models. */
export const asked = z.strictObject({ id: z.int(), question, answers: z.array(answer) });
export type Asked = z.infer<typeof asked>;

/** What tokens are coloured by, see shades.ts. */
export const shadeNames = ['expert', 'surprise', 'division'] as const;
export type ShadeName = (typeof shadeNames)[number];

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  draft: question,
  /** The latest first. */
  asked: z.array(asked),
  shade: z.enum(shadeNames),
  /** Whether the prompt is read while it is written. */
  watching: z.boolean(),
});
export type State = z.infer<typeof state>;

/** Somebody who can be asked. */
export interface Answerer {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

/** To the page. */
export type ToPage =
  | { readonly type: 'answerers'; readonly answerers: readonly Answerer[]; readonly trouble?: string | undefined }
  /** All that are kept, the latest first. */
  | { readonly type: 'asked'; readonly asked: readonly Asked[] }
  /** The tokens that follow the first `from` of an answer, by its place among those to a question. */
  | {
      readonly type: 'tokens';
      readonly asked: number;
      readonly answer: number;
      readonly from: number;
      readonly tokens: readonly Token[];
    }
  /** What was read of the prompt that is being written, by each of those who would be asked. */
  | { readonly type: 'watched'; readonly prompt: string; readonly answers: readonly Answer[] }
  /** What the answer form is to hold. */
  | { readonly type: 'draft'; readonly draft: Question };
