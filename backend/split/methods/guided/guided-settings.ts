import type { Group } from '../../constraints/constraints';

export interface GuidedSettings {
  readonly k: number;
  readonly seed: number;
  /**
   * `union`: what the guide says belongs together is one cluster at once. `grow`: every cluster takes in what the guide says, so that
   * something may be in several, and clusters that mostly hold the same are merged.
   */
  readonly form: 'union' | 'grow';
  /** Small clusters to begin with; 0 begins with single documents. */
  readonly microClusters: number;
  /** Candidates that a guide is shown, the nearest by tf-idf and SVD. */
  readonly candidates: number;
  /** Piles of an earlier split, [N], −1 where a document was in none: the piles get the numbers of those that they hold most of. */
  readonly start?: Int32Array;
  readonly groups: readonly Group[];
}
