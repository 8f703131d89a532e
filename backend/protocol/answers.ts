/** What is asked of experts and councils, and what they answer. */
import { z } from 'zod';
import { shapeOf } from '../base/settings-schema';
import { procedureName } from './councils';
import { id } from './records';
import { answerSettings } from './settings';

const text = z.string();
const count = z.int().nonnegative();

const longText = z.string().max(2_000_000);

/** One turn of a conversation. */
export const chatMessage = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: longText,
});
export type ChatMessage = z.infer<typeof chatMessage>;

/** Token ids that the model reads as they are: nothing is put before them. */
export const promptTokens = z.strictObject({ tokens: z.array(count).min(1).max(1_000_000) });

/** A text to go on with, as text or tokens, or a conversation to answer: the model reads it as its own chat template writes it. */
const prompt = z.union([longText, z.array(chatMessage).min(1).max(2000), promptTokens]);
export type Prompt = z.infer<typeof prompt>;

/** What may be asked of whoever answers. */
export const answering = {
  prompt,
  /** A prompt longer than the model reads is not refused, but loses its beginning: whole lines, or the oldest turns. */
  shorten: z.boolean().default(false),
  ...shapeOf(answerSettings),
  /** 0 writes nothing: for who asks about the prompt. */
  maxTokens: z.int().min(0).max(answerSettings.maxTokens.form.most).default(answerSettings.maxTokens.default),
  stop: z.array(z.string().min(1).max(1000)).default([]),
  /** How many of the most probable alternatives of each token are told, with log-probabilities. */
  alternatives: z.int().min(0).max(20).default(0),
  /** The tokens of the prompt are told, too. */
  echo: z.boolean().default(false),
};

/** One token of an answer or a prompt; all that a chat model wrote is one, for it tells no tokens. */
export const answerToken = z.strictObject({
  text,
  /** Log-probability of the token under what answered, nats; null where that tells none, and where nothing stands before the token. */
  logProbability: z.number().nullable(),
  /** How much each expert had to say, in the order of `AnswerInfo.experts`; none where nothing stands before the token. */
  weights: z.array(z.number()),
  alternatives: z.array(z.strictObject({ text, logProbability: z.number() })),
});
export type AnswerToken = z.infer<typeof answerToken>;

/** How the members of a council came to their answer, see `council/`. */
export const councilAnswer = z.strictObject({
  /** Which draft became the answer. */
  winner: count,
  /**
   * What could have become it; `scores` are nats per token under each member, with the sign of log-probabilities, where members judged:
   * null of a chat model, which votes in words.
   */
  drafts: z.array(z.strictObject({ expert: text, text, scores: z.array(z.number().nullable()), votes: count })),
  procedure: procedureName.optional(),
  /** P(member | prompt), where the procedure asks for it. */
  posterior: z.array(z.number()).optional(),
  /** All that members wrote, in its order: at which step, having read which entries of this list; shortened where these were cut. */
  transcript: z
    .array(
      z.strictObject({
        expert: text,
        step: text,
        text,
        read: z.array(count),
        shortened: z.literal(true).optional(),
      }),
    )
    .optional(),
  /** Members that had no part in a step, and why: a chat model that gave nothing usable, or that the procedure has no use for. */
  abstained: z.array(z.strictObject({ expert: text, step: text, why: text })).optional(),
  /** What chat models were asked: questions, and tokens of these with their replies. */
  chats: z.array(z.strictObject({ expert: text, calls: count, tokens: count })).optional(),
});

/** Something that answers prompts: `mixture`, `uniform`, `expert-a`, `base`, `council:<name>`, each of the experts in force. */
export const answeringModel = z.strictObject({
  id: text,
  /** What people call it. */
  name: text,
  description: text,
  experts: id('experts').optional(),
  /** Behind these experts the base model has a say too: a token has a weight for it, the last. */
  withBase: z.literal(true).optional(),
  created: z.iso.datetime({ offset: true }),
});
export type AnsweringModel = z.infer<typeof answeringModel>;
