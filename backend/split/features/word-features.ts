import type { DenseRows } from './dense';
import { projectRows, rightSingularVectors, sparseMatrix } from './svd';
import { inverseDocumentFrequency, tfidf } from './tfidf';
import { buildVocabulary, countWords, requireSharedWords, type Vocabulary } from './word-counts';

/** Where documents become vectors: tf-idf turned into the corpus's leading directions (latent semantic analysis). */
export interface FeatureSpace {
  readonly vocabulary: Vocabulary;
  /** `[V]` */
  readonly idf: Float32Array;
  /** `[V, r]` */
  readonly directions: DenseRows;
}

/** A feature space and the vectors `[N, r]` of the texts it was fitted to. */
export interface FittedFeatures {
  readonly space: FeatureSpace;
  readonly rows: DenseRows;
}

/**
 * Fits a feature space to the texts: tf-idf, then truncated SVD, as in c-BTM (Gururangan et al. 2023). r is `dimensions`, or
 * less where the texts span less. The same texts and seed give the same space.
 * Throws UserError when no word stands in two texts.
 */
export function fitFeatures(texts: readonly string[], seed: number, dimensions = 100): FittedFeatures {
  const vocabulary = buildVocabulary(texts);
  requireSharedWords(vocabulary);
  const counts = countWords(texts, vocabulary);
  const idf = inverseDocumentFrequency(counts);
  const weighted = sparseMatrix(tfidf(counts, idf));
  const directions = rightSingularVectors(weighted, dimensions, seed);
  return { space: { vocabulary, idf, directions }, rows: projectRows(weighted, directions) };
}

/** The vectors of any texts, seen or unseen: `[N, r]`, each of length 1, or zero where a text has no word of the vocabulary. */
export function projectTexts(space: FeatureSpace, texts: readonly string[]): DenseRows {
  return projectRows(sparseMatrix(tfidf(countWords(texts, space.vocabulary), space.idf)), space.directions);
}
