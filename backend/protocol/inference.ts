/**
 * Messages between the coordinator (`engine/inference-host`) and the process that answers prompts (`programs/inference`), over the
 * channel that `fork` opens.
 */
import { z } from 'zod';
import { float32s } from '../base/bundle';
import { devices } from '../base/device';
import { UserError } from '../base/errors';
import { precisions } from '../base/precision';
import { answerToken, promptTokens } from './answers';
import { procedureName } from './councils';
import { guideOffer } from './guide';
import { methods, type Result } from './messages';

const count = z.int().nonnegative();
const folder = z.string().min(1);
/** Adapters in PEFT's format, in the order in which weights are told. */
const adapters = z.array(folder).min(1).max(64);
/** What the answer calls the experts; the names of the adapters' folders by default. */
const names = z.array(z.string()).optional();

/** What each kind of answerer is made of. `model` is a base model by the name that the user gave it. */
export const answererSpecs = {
  base: z.strictObject({ kind: z.literal('base'), model: folder }),
  expert: z.strictObject({ kind: z.literal('expert'), model: folder, adapter: folder, name: z.string().optional() }),
  /** `mixer` is what `openWeighting` reads; files that it names lie below `project`. */
  mixture: z.strictObject({
    kind: z.literal('mixture'),
    model: folder,
    adapters,
    names,
    mixer: z.unknown(),
    project: folder.optional(),
  }),
  uniform: z.strictObject({ kind: z.literal('uniform'), model: folder, adapters, names }),
  /** Each member is an adapter by its position, or a chat model by its name, with its role; `offer` is where the editor's models are asked. */
  council: z.strictObject({
    kind: z.literal('council'),
    model: folder,
    adapters,
    names,
    members: z
      .array(
        z.union([
          z.strictObject({ index: count, role: z.string() }),
          z.strictObject({ chat: z.string(), role: z.string() }),
        ]),
      )
      .min(1)
      .max(64),
    instruction: z.string(),
    procedure: procedureName.optional(),
    offer: guideOffer.optional(),
  }),
};
const { base, expert, mixture, uniform, council } = answererSpecs;

/** Who is to answer. */
export const answererSpec = z.discriminatedUnion('kind', [base, expert, mixture, uniform, council]);
export type AnswererSpec = z.infer<typeof answererSpec>;

/** A prompt with all that decides its answer. */
export const inferenceRequest = methods.ask.params
  .omit({ model: true, stream: true, device: true, precision: true })
  .extend({
    answerer: answererSpec,
    device: z.enum(devices).default('cpu'),
    precision: z.enum(precisions).default('full'),
  });
export type InferenceRequest = z.input<typeof inferenceRequest>;
export type GivenRequest = z.output<typeof inferenceRequest>;

export type Answer = Result<'ask'>;
/** How a council came to an answer. */
export type CouncilTold = NonNullable<Answer['council']>;

/** Texts, or their tokens, that become vectors: by an answerer, or by a sentence encoder, which is no answerer. */
export const embeddingRequest = inferenceRequest.pick({ device: true, precision: true }).extend({
  by: z.union([answererSpec, z.strictObject({ kind: z.literal('encoder'), model: folder })]),
  texts: z.array(z.union([z.string().min(1), promptTokens])).min(1),
});
export type EmbeddingRequest = z.input<typeof embeddingRequest>;
export type GivenTexts = z.output<typeof embeddingRequest>;

/** One vector [D] of length 1 per text, and how many tokens were read. */
const embeddings = z.strictObject({ vectors: z.array(float32s), tokens: count });
export type Embeddings = z.infer<typeof embeddings>;

/** From the coordinator: ask, and take a question back. `id` counts up and marks all that belongs to one question. */
export const toInference = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ask'), id: count, request: inferenceRequest }),
  z.strictObject({ type: z.literal('embed'), id: count, request: embeddingRequest }),
  z.strictObject({ type: z.literal('cancel'), id: count }),
]);
export type ToInference = z.infer<typeof toInference>;

/** To the coordinator: each token as it comes, then the rest of the answer, or why there is none. */
export const fromInference = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('token'), id: count, token: answerToken }),
  z.strictObject({ type: z.literal('answer'), id: count, answer: methods.ask.result.omit({ tokens: true }) }),
  z.strictObject({ type: z.literal('vectors'), id: count, embeddings }),
  /** `next` is there where the user can mend it. */
  z.strictObject({ type: z.literal('failed'), id: count, message: z.string(), next: z.string().optional() }),
]);
export type FromInference = z.infer<typeof fromInference>;

/** The process that answers prompts ended, or does not stay alive: the question may be asked again. */
export class InferenceEndedError extends UserError {}
