/**
 * The interface of whatever answers prompts and scores texts: a base model, an expert, a mixture, a merged model, a council. What
 * needs an answer or a score asks through it, and knows nothing of what answers.
 */
import { basename } from 'node:path';
import type { z } from 'zod';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import type { AnswerToken, Prompt } from '../protocol/answers';
import type { Answer, AnswererSpec, Embeddings, GivenRequest, GivenTexts } from '../protocol/inference';
import type { PromptReader } from './prompt-reader';

/** All that decides an answer but the prompt and who answers. */
export type AnswerSettings = Omit<GivenRequest, 'prompt' | 'answerer' | 'device' | 'precision'>;

export interface AnswerWatch {
  readonly signal: AbortSignal;
  /** Hears each token as soon as it is certain. */
  readonly onToken: (token: AnswerToken) => void;
}

/** A text that is scored: as a text of its own, or as what goes on from a prompt. */
export interface Passage {
  readonly text: string;
  /** Its tokens are read and not scored. */
  readonly after?: Prompt;
}

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  /** Tokens that are predicted from one prefix token or prompt, at most; by default as many as the model has positions for. */
  readonly context?: number;
  /** Keeps what was read of a prompt for the next call, whose prompt may begin alike; one call at a time. Each call has its own by default. */
  readonly reader?: PromptReader;
}

export interface Answerer {
  /** Who speaks in it, in the order of a token's weights. */
  readonly experts: readonly string[];

  /**
   * Goes on with a prompt. The same settings give the same answer. Throws UserError where the prompt is longer than the model
   * reads and may not be shortened, and the signal's reason once it is aborted.
   */
  answer(prompt: Prompt, settings: AnswerSettings, watch: AnswerWatch): Promise<Answer>;

  /**
   * Nats per token [n] of each passage, without its prefix token or prompt, in the model's full precision. A text that is longer
   * than the context is scored stretch by stretch, all but the first from the prefix token on. A prompt that leaves the text no
   * room loses its beginning, as in `openingOf`. Throws UserError where none of the prompt fits, and the signal's reason once it
   * is aborted.
   */
  score(passages: readonly Passage[], options?: ScoreOptions): Promise<Float64Array[]>;

  /** A vector of each text; not there where no one hidden state is behind an answer. */
  embed?(texts: GivenTexts['texts'], signal: AbortSignal): Promise<Embeddings>;
}

/** A base model in memory, with the adapters of an answerer. */
export interface LoadedModel {
  readonly model: LanguageModel;
  readonly stack: ExpertStack | undefined;
  /** In the order of the weights. */
  readonly experts: readonly string[];
}

/** What has to be in memory before an answerer can be opened. */
export interface AnswererPlan {
  /** In the order of the weights; none for the model alone. */
  readonly adapters: readonly { readonly folder: string; readonly name: string }[];
  /** Throws UserError where the parts do not belong together. */
  readonly open: (loaded: LoadedModel) => Answerer | Promise<Answerer>;
}

/** A kind of answerer: an entry of the table that `Answerers` is given. */
export interface AnswererKind {
  readonly kind: string;
  /** Throws ZodError where the spec is not one of this kind. */
  readonly plan: (spec: unknown) => AnswererPlan;
}

export function answererKind<S extends { readonly kind: string; readonly model: string }>(
  kind: S['kind'],
  schema: z.ZodType<S>,
  plan: (spec: S) => AnswererPlan,
): AnswererKind {
  return { kind, plan: (spec) => plan(schema.parse(spec)) };
}

/** The adapters of a spec with their names, by default those of their folders. */
export function namedAdapters({
  adapters,
  names = [],
}: Pick<Extract<AnswererSpec, { kind: 'uniform' }>, 'adapters' | 'names'>): AnswererPlan['adapters'] {
  return adapters.map((folder, i) => ({ folder, name: names[i] ?? basename(folder) }));
}
