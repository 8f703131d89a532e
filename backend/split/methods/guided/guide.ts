/** Who says which clusters belong together. */
import type { Grounds } from '../../result';

/** What a guide is shown of a cluster: never more than so much, however large the cluster is. */
export interface Material {
  /** The cluster's own mark, the same for the same documents. */
  readonly id: string;
  /** Characteristic words, the most telling first. */
  readonly words: readonly string[];
  /** Beginnings of documents of it, the most typical first. */
  readonly excerpts: readonly string[];
}

/** What a guide said of a cluster: the place of a candidate, or that none of them belongs to it. */
export interface GuideVerdict extends Grounds {
  readonly candidate: number | 'none';
}

/** A candidate that was named, beside a cluster that is most unlike: whoever named it at random, or for its place, names that one next. */
export interface GuideChoice {
  readonly chosen: Material;
  readonly contrast: Material | undefined;
  /** Whether the candidate stood in the first half of those shown: then it stands last now. */
  readonly wasFirst: boolean;
}

/** What a guide may be asked at most. */
export interface GuideLimits {
  readonly queries: number;
  /** Of questions and answers. */
  readonly tokens: number;
}

export interface GuideFigures {
  /** Questions that were put, those with a kept answer among them. */
  readonly queries: number;
  /** Of these, answered from what was kept. */
  readonly kept: number;
  readonly tokens: number;
  /** Answers that were none, and how many were asked for once more. */
  readonly malformed: number;
  readonly askedAgain: number;
  /** Questions that nobody answered. */
  readonly silent: number;
}

export interface Guide {
  readonly name: string;
  /** Which candidate belongs to a cluster. Throws BudgetSpentError and GuideGoneError. */
  choose(subject: Material, candidates: readonly Material[]): Promise<GuideVerdict>;
  /** Whether it says so again, asked another way. */
  confirm(subject: Material, choice: GuideChoice): Promise<boolean>;
  /** A title for a pile; undefined where the guide gives none. */
  title(pile: Material): Promise<string | undefined>;
  readonly figures: GuideFigures;
}

/** The guide stopped answering: what it said so far counts. */
export class GuideGoneError extends Error {
  override readonly name = 'GuideGoneError';
}
