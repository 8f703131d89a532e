import type { Watch } from '../base/progress';
import { secondsSince, type Clustering } from './clustering';
import { fitFeatures, projectTexts, type FeatureSpace } from './features/word-features';
import type { Group } from './constraints/constraints';
import type { DenseRows } from './features/dense';
import { bestPiles, centroidScores, kmeans } from './methods/kmeans/kmeans';
import { fitUnigramMixture, unigramLoss, unigramPosteriors } from './methods/unigram/unigram-em';
import type { UnigramModel } from './methods/unigram/unigram-piles';
import { buildVocabulary, countWords, type Vocabulary } from './features/word-counts';

/** Settings that every splitting method takes. */
export interface SplitSettings {
  readonly k: number;
  readonly seed: number;
  readonly restarts?: number;
  /** Piles to begin with, `[N]`, −1 for a document that was in none: then there is one start. */
  readonly start?: Int32Array;
  /** What people said of the documents. */
  readonly groups?: readonly Group[];
}

/** A clustering by k-means with what judges new texts. */
export interface KmeansClustering {
  readonly clustering: Clustering;
  readonly space: FeatureSpace;
  /** `[k, r]` */
  readonly centroids: DenseRows;
  /** The pile of each new text, by nearest centroid, without capacity. */
  readonly predict: (texts: readonly string[]) => Int32Array;
}

/** K-means on tf-idf → SVD: c-BTM's splitter. With `capacity` (≥ 1) piles take at most `ceil(capacity · N / k)` documents. */
export async function clusterByKmeans(
  texts: readonly string[],
  settings: SplitSettings & { readonly capacity?: number; readonly dimensions?: number },
  watch?: Watch,
): Promise<KmeansClustering> {
  const started = performance.now();
  const { k, seed, dimensions = 100, restarts = 10, capacity, start, groups = [] } = settings;
  const { space, rows } = fitFeatures(texts, seed, dimensions);
  const limit = capacity === undefined ? {} : { capacity };
  const how = { k, seed, restarts, groups, ...limit, ...(start && { start }), ...(watch && { watch }) };
  const { assignments, centroids } = await kmeans(rows, how);
  const used = { dimensions, restarts, ...limit };
  const seconds = secondsSince(started);
  return {
    clustering: { method: 'kmeans', k, seed, assignments, seconds, settings: used },
    space,
    centroids,
    predict: (unseen) => bestPiles(centroidScores(projectTexts(space, unseen), centroids), k),
  };
}

/** A clustering by a mixture of unigrams with what judges texts. */
export interface UnigramClustering {
  readonly clustering: Clustering;
  readonly vocabulary: Vocabulary;
  readonly model: UnigramModel;
  /** P(pile | document) of the clustered documents, each judged without its own words, `[N, k]`. */
  readonly posteriors: Float32Array;
  /** ln p(words, pile) of the clustered documents, each judged without its own words, nats per word. */
  readonly logLikelihood: number;
  /** P(pile | text) of new texts, `[N, k]`; `bestPiles` makes piles of them. */
  readonly predict: (texts: readonly string[]) => Float32Array;
  /** Nats per word of new texts under the mixture of all piles. */
  readonly loss: (texts: readonly string[]) => number;
}

/** Mixture of unigrams by annealed EM; with `vectors` of the texts, of words and directions. New texts are judged by their words. */
export async function clusterByUnigramEm(
  texts: readonly string[],
  settings: SplitSettings & { readonly vectors?: DenseRows },
  watch?: Watch,
): Promise<UnigramClustering> {
  const started = performance.now();
  const { k, seed, restarts = 5, start, groups = [], vectors } = settings;
  const vocabulary = buildVocabulary(texts);
  const counts = countWords(texts, vocabulary);
  const how = {
    k,
    seed,
    restarts,
    groups,
    ...(start && { start }),
    ...(vectors && { vectors }),
    ...(watch && { watch }),
  };
  const mixture = await fitUnigramMixture(counts, how);
  const { assignments, posteriors, model, rounds, logLikelihood } = mixture;
  return {
    clustering: {
      method: 'unigram-em',
      k,
      seed,
      assignments,
      seconds: secondsSince(started),
      rounds,
      settings: { restarts },
    },
    vocabulary,
    model,
    posteriors,
    logLikelihood,
    predict: (unseen) => unigramPosteriors(model, countWords(unseen, vocabulary)),
    loss: (unseen) => unigramLoss(model, countWords(unseen, vocabulary)),
  };
}
