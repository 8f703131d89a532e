/** What a run made: written by its process as one bundle when it ends, taken over into the store by the coordinator. */
import type { Clustering, Dataset, Evaluation, ExpertSet, Mixer, Question, QuestionSet, Rejection } from './records';

/** The rows of a clustering, each with the dataset's index of its document. */
export interface ClusteringRows {
  /** [N]: index in the dataset, rising. */
  readonly documents: Int32Array;
  /** [N] */
  readonly piles: Int32Array;
  /** [N]: P(pile | document) at the end, where the method tells. */
  readonly confidence?: Float32Array;
  /** Rows (places in `documents`) that fit no pile. */
  readonly outliers: Int32Array;
  /** P(pile | document) [N, k] as each round saw it. */
  readonly rounds: readonly { readonly round: number; readonly posteriors: Float32Array }[];
}

interface Split {
  readonly clustering: Clustering;
  readonly rows: ClusteringRows;
}

interface Mix {
  readonly mixer: Mixer;
  /** What `mixerFromJson` of mixing/mixer reads. */
  readonly weights: unknown;
}

export type Outcome =
  | { readonly kind: 'import'; readonly dataset: Dataset }
  | {
      readonly kind: 'import-questions';
      readonly set: QuestionSet;
      readonly questions: readonly Question[];
      readonly rejections: readonly Rejection[];
    }
  | ({ readonly kind: 'split' } & Split)
  | { readonly kind: 'train' | 'import-experts'; readonly experts: ExpertSet }
  | ({ readonly kind: 'mix' } & Mix)
  | { readonly kind: 'evaluate'; readonly evaluation: Evaluation }
  | { readonly kind: 'merge' | 'pull'; readonly folder: string }
  | ({ readonly kind: 'compare'; readonly experts: ExpertSet; readonly evaluation: Evaluation } & Split & Mix);
