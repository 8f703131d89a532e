/** What splits are told and what comes of them, whatever the method. */
import type { AdapterStack } from '../model/adapters/adapter';
import type { SentenceEncoder } from '../model/sentence-encoder';
import type { Embedding } from './features/settings';
import type { EmStart } from './methods/em/settings';
import type { Clustering } from './clustering';
import type { Group } from './constraints/constraints';
import type { Union } from './methods/guided/clusters';
import type { Guide } from './methods/guided/guide';
import type { GuidedSettings } from './methods/guided/guided-settings';
import type { SplitSettings } from './word-methods';
import type { PerplexityEmSettings } from './methods/em/perplexity-settings';

export interface SplitOptions {
  readonly k: number;
  readonly seed: number;
  /** Settings of the perplexity method; `start` seeds it, otherwise unigram EM does. */
  readonly em?: Partial<Omit<PerplexityEmSettings, 'k' | 'seed' | 'groups'>>;
  /**
   * Of the perplexity method: what its piles begin as, how many layers of the model judge (all by default), and
   * how often it is run from another seed, of which the run with the least loss is kept; once by default.
   */
  readonly perplexity?: {
    readonly start?: EmStart | undefined;
    readonly proxyLayers?: number | undefined;
    readonly restarts?: number | undefined;
  };
  /**
   * What tells documents apart in k-means beside words, and whether its piles are of one size. With a sentence encoder its vectors do; in
   * unigram EM, and where perplexity EM begins with it, they stand beside the words.
   */
  readonly features?: {
    readonly embedding?: Embedding | undefined;
    readonly balanced?: boolean | undefined;
    readonly encoder?: SentenceEncoder | undefined;
  };
  /** Of the guided method, which cannot do without. */
  readonly guided?: { readonly guide: Guide } & Partial<Pick<GuidedSettings, 'form' | 'microClusters'>>;
  /** What people said of the training documents: every method keeps to it. */
  readonly groups?: readonly Group[];
  /** Piles that the method begins with, and whose names go on. */
  readonly from?: EarlierPiles;
  /** Of the perplexity method: experts that it begins with. */
  readonly experts?: TrainedExperts;
}

/** The piles of a split that another one goes on from. */
export interface EarlierPiles {
  /** Of each training document; −1 where it was in none. */
  readonly assignments: Int32Array;
  /** [k]; one without a name gets it from its words. */
  readonly names: readonly (string | undefined)[];
}

/** A set of experts, and the names of their piles [k]. */
export interface TrainedExperts {
  readonly stack: AdapterStack;
  readonly names: readonly string[];
  /** Nothing is learned: documents stay with the expert that predicts them best. */
  readonly keep: boolean;
}

export interface PileSummary {
  readonly name: string;
  readonly size: number;
  /** Characteristic words, the most telling first. */
  readonly terms: readonly string[];
}

export interface SplitResult extends Clustering {
  readonly piles: readonly PileSummary[];
  /** Indices of documents that fit no pile, where the method tells. */
  readonly outliers?: readonly number[];
  /** P(pile | document) at the end [N, k], and as each round saw it, where the method tells. */
  readonly posteriors?: Float32Array;
  readonly history?: readonly Float32Array[];
  /** Why small clusters became the piles, where a guide was asked. */
  readonly unions?: readonly Union[];
}

/** What a method finds, before its piles have names. */
export type Found = Clustering &
  Pick<SplitResult, 'outliers' | 'posteriors' | 'history' | 'unions'> & {
    /** Better than the words that mark a pile, where somebody gave one, [k]. */
    readonly titles?: readonly (string | undefined)[];
  };

/** What methods that count words are told. */
export function wordSettings({ k, seed, groups = [], from }: SplitOptions): SplitSettings {
  return { k, seed, groups, ...(from && { start: from.assignments }) };
}
