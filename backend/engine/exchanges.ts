/** What the coordinator asks its programs that answer one question and end, and what they answer. */
import { z } from 'zod';
import { devices } from '../base/device';
import { type Given, methods, type Result } from '../protocol/messages';
import { whyHere } from '../protocol/records';
import { runCost, runSpec } from '../protocol/run';
import type { Exchange } from './ask-child';
import type { RunInputs } from './run-files';

const count = z.int().nonnegative();
const path = z.string().min(1);
const int32 = z.custom<Int32Array>((value) => value instanceof Int32Array);
const float32 = z.custom<Float32Array>((value) => value instanceof Float32Array);

/** `explainer`: what speaks for a document's pile. */
export const explaining = {
  question: z.strictObject({
    /** Of the dataset. */
    folder: path,
    /** Indices of the documents that are compared, rising, with their piles. */
    documents: int32,
    piles: int32,
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
    documents: int32,
    seed: z.int(),
  }),
  answer: float32,
};

/** `estimator`: what a run would take, from a short probe. */
export const estimating = {
  question: z.strictObject({
    project: path,
    spec: runSpec,
    inputs: z.custom<RunInputs>((value) => typeof value === 'object' && value !== null),
    device: z.enum(devices),
  }),
  answer: runCost,
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
