import { once, plainCodec } from '../../../base/checkpoint';
import { renamed } from '../../../base/progress';
import type { Values } from '../../../base/settings';
import { defaultLora } from '../../../model/adapters/adapter';
import type { DenseRows } from '../../features/dense';
import { splitHere } from '../../computing';
import { hiddenFeatures, hiddenPrefix } from '../../features/hidden-features';
import { sentenceVectors } from '../../features/sentence-features';
import { type FeatureSpace, fitFeatures, projectTexts } from '../../features/word-features';
import type { Found } from '../../result';
import { splitSpace } from '../../space';
import type { ExpectedSplit, SplitMethod, SplitTask } from '../split-method';
import { bestPiles, centroidScores, type Kmeans, runKmeans as kmeansOf, type KmeansSettings } from './lloyd';
import { responsibilities } from './responsibilities';
import { kmeansData as data, type kmeansSettings } from './settings';

type KmeansValues = Values<typeof kmeansSettings>;

/** K-means on tf-idf → SVD, which is c-BTM's splitter (Gururangan et al. 2023), or on what a model makes of the documents. */
export const kmeans: SplitMethod<typeof kmeansSettings> = { ...data, run, estimate };

async function run(task: SplitTask, values: KmeansValues): Promise<Found> {
  const { corpus, k, seed, groups, from, watch } = task;
  const limit = values.balanced ? { capacity: 1 } : {};
  const begin = from && { start: from.assignments };
  const settings = { k, seed, groups, ...limit, ...begin, watch: renamed(watch, 'Splitting by k-means') };
  const { embedding = data.settings.embedding.usual() } = values;
  const rows = await vectorsOf(task, values);
  if (rows === undefined) {
    const texts = corpus.train.map(({ text }) => text);
    const { rows: vectors, dimensions, restarts, space, ...found } = await kmeansByWords(texts, settings);
    return {
      assignments: found.assignments,
      posteriors: responsibilities(vectors, found),
      settings: { dimensions, restarts, ...limit },
      space: splitSpace(space, found.centroids),
    };
  }
  const found = await kmeansOf(rows, settings);
  return {
    assignments: found.assignments,
    posteriors: responsibilities(rows, found),
    settings: { embedding, dimensions: rows.width, ...limit },
  };
}

/** What a model makes of the training documents, [N, D]; undefined where their words are compared. */
async function vectorsOf(task: SplitTask, values: KmeansValues): Promise<DenseRows | undefined> {
  if (values.embedding !== 'hidden') return sentenceVectors(task, values);
  const { model, corpus, watch, computing = splitHere(model) } = task;
  const tokens = corpus.train.map((document) => document.tokens);
  return once(renamed(watch, 'Reading documents'), 'vectors', plainCodec<DenseRows>(), (part) =>
    hiddenFeatures(tokens, (beginnings) => computing.meanStates(beginnings, part)),
  );
}

async function estimate({ k, documents, work }: ExpectedSplit, { embedding }: KmeansValues): Promise<void> {
  if (embedding === 'sentence') return;
  if (embedding !== 'hidden') return work.onTexts(documents.train, (texts) => kmeansByWords(texts, { k, seed: 1 }));
  await work.read(documents.train, 0, { expert: defaultLora }, hiddenPrefix);
}

/** Piles of texts with what judges new texts. */
export interface WordPiles extends Kmeans {
  readonly space: FeatureSpace;
  /** Where the texts lie in it, [N, r]. */
  readonly rows: DenseRows;
  readonly dimensions: number;
  readonly restarts: number;
  /** The pile of each new text, by nearest centroid, without capacity. */
  readonly predict: (texts: readonly string[]) => Int32Array;
}

/**
 * K-means on tf-idf, turned into the corpus's leading directions. With `capacity` (≥ 1) piles take at most `ceil(capacity · N / k)`
 * documents. Throws UserError where texts are fewer than piles, or no two share a word.
 */
export async function kmeansByWords(
  texts: readonly string[],
  settings: KmeansSettings & { readonly dimensions?: number },
): Promise<WordPiles> {
  const { k, seed, dimensions = 100, restarts = 10 } = settings;
  const { space, rows } = fitFeatures(texts, seed, dimensions);
  const found = await kmeansOf(rows, { ...settings, restarts });
  return {
    ...found,
    space,
    rows,
    dimensions,
    restarts,
    predict: (unseen) => bestPiles(centroidScores(projectTexts(space, unseen), found.centroids), k),
  };
}
