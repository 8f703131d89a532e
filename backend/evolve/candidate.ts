/** What is evolved: the texts of a council, and what became of them. */

/** A role for each member, in the members' order, then the instruction for all. */
export type Components = readonly string[];

/** Components that are to be tried, and how they came about. */
export interface Proposal {
  readonly components: Components;
  /** What made them: an operator's name, or `seed`. */
  readonly operator: string;
  /** Numbers of the candidates that they were made of. */
  readonly parents: readonly number[];
  /** Position of the component that is new; undefined where all may be. */
  readonly changed?: number;
}

/** What a council made of one question. */
export interface Mark {
  readonly right: boolean;
  /** [choices]: the share of each choice, summing to 1. */
  readonly shares: readonly number[];
  /** Position of the right choice. */
  readonly correct: number;
  /** [members]: the choice that each finds best by itself. */
  readonly favourites: readonly number[];
}

/** A candidate with what it made of questions. */
export interface Judged extends Proposal {
  /** Counted from 0 in the order in which candidates were made. */
  readonly number: number;
  readonly generation: number;
  /** By the position of the question. */
  readonly marks: ReadonlyMap<number, Mark>;
  readonly scores: Scores;
  /** It lost a race before it was asked everything. */
  readonly dropped: boolean;
}

/** Parts of a candidate's fitness, each by itself. */
export interface Scores {
  /** What candidates are chosen by; larger is better. */
  readonly fitness: number;
  /** Share of questions that were answered right. */
  readonly accuracy: number;
  /** Geometric mean of the share that the right choice has among the choices. */
  readonly likelihood: number;
  /** Mutual information of question and answer, as a part of the largest that there can be (Sorensen et al. 2022, 2203.11364). */
  readonly information: number;
  /** Fleiss' kappa of the members' choices; 1 where all always agree, 0 as by chance. */
  readonly agreement: number;
  /** Words of all components. */
  readonly words: number;
}

export const wordCount = (components: Components): number =>
  components.reduce((sum, text) => sum + text.split(/\s+/).filter(Boolean).length, 0);

/** Two proposals of the same texts are one candidate. */
export const keyOf = (components: Components): string => JSON.stringify(components.map((text) => text.trim()));
