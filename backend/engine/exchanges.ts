/** What the coordinator asks its programs that answer one question and end, and what they answer. */
import { z } from 'zod';
import { float32Array, int32Array } from '../base/array-schemas';
import { devices } from '../base/device';
import { products } from '../base/precision';
import { guideOffer } from '../protocol/guide';
import { whyHere } from '../protocol/labels';
import { type Given, methods, type Result } from '../protocol/messages';
import { runCost, runSpec } from '../protocol/run';
import type { Exchange } from './ask-child';

const count = z.int().nonnegative();
const path = z.string().min(1);

/** `explainer`: what speaks for a document's pile. */
export const explaining = {
  question: z.strictObject({
    /** Of the dataset. */
    folder: path,
    /** Indices of the documents that are compared, rising, with their piles. */
    documents: int32Array,
    piles: int32Array,
    k: count,
    /** The place in `documents` of the one that is asked about. */
    row: count,
  }),
  /** As `Evidence` of split/describe/why. */
  answer: z.strictObject({
    terms: whyHere.shape.terms,
    neighbours: z.array(z.strictObject({ row: count, similarity: z.number() })),
  }),
};

/** `layout`: places the documents of a split in a plane, positions [documents, 2]. */
export const layingOut = {
  question: z.strictObject({
    /** Of the dataset. */
    folder: path,
    /** Indices in the dataset, rising. */
    documents: int32Array,
    seed: z.int(),
  }),
  answer: float32Array,
};

/** `estimator`: what a run would take, from a short probe. */
export const estimating = {
  question: z.strictObject({
    project: path,
    spec: runSpec,
    /** As the kind of the run gathered them, which it checks. */
    inputs: z.unknown(),
    device: z.enum(devices),
    products: z.enum(products),
  }),
  answer: runCost,
};

/** `chat`: what a chat model answers to conversations, in their order. */
export const chatting = {
  question: z.strictObject({
    /** `local`, `editor:<model>` or `<url>#<model>`. */
    model: z.string(),
    /** The model that `local` is. */
    base: path,
    offer: guideOffer.optional(),
    device: z.enum(devices),
    conversations: z.array(
      z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
    ),
    /** Of a reply. */
    maxTokens: z.int().positive(),
  }),
  answer: z.array(z.union([z.strictObject({ text: z.string() }), z.strictObject({ failed: z.string() })])),
};

/** Questions about files and models. */
export type Inquiry = 'source/inspect' | `catalog/${'list' | 'inspect' | 'verify' | 'removal' | 'remove'}`;

const asked = <P, R>({ params, result }: { params: z.ZodType<P>; result: z.ZodType<R> }): Exchange<P, R> => ({
  question: params,
  answer: result,
});

/** `inquiry`, whose argument is the question's name. */
export const inquiries: { readonly [M in Inquiry]: Exchange<Given<M>, Result<M>> } = {
  'source/inspect': asked(methods['source/inspect']),
  'catalog/list': asked(methods['catalog/list']),
  'catalog/inspect': asked(methods['catalog/inspect']),
  'catalog/verify': asked(methods['catalog/verify']),
  'catalog/removal': asked(methods['catalog/removal']),
  'catalog/remove': asked(methods['catalog/remove']),
};
