/** Piles of documents by their gradients: k-means by inner product. */
import { once, plainCodec } from '../../../../base/checkpoint';
import { renamed, type Watch } from '../../../../base/progress';
import type { LanguageModel } from '../../../../model/language-model';
import type { Group } from '../../../constraints/constraints';
import type { DenseRows } from '../../../features/dense';
import { requireDocuments } from '../../../result';
import { runKmeans } from '../../kmeans/lloyd';
import { responsibilities } from '../../kmeans/responsibilities';
import { gradientFeatures } from './features';
import { requireGradientMemory } from './shape';

/** How piles by gradients are made: in this process, or elsewhere. Throws the signal's reason when it is aborted. */
export type RunGradients = (given: GradientTask, watch: Watch) => Promise<GradientPiles>;

export interface GradientTask {
  /** Beginnings of documents, each with its prefix token. */
  readonly documents: readonly Int32Array[];
  readonly settings: {
    readonly k: number;
    readonly seed: number;
    /** Piles to begin with instead of drawn ones [N]; −1 is a document that was in none. */
    readonly from?: Int32Array;
    /** What people said of the documents. */
    readonly groups?: readonly Group[];
  };
  /** The base model's first layers only. */
  readonly proxyLayers?: number | undefined;
}

export interface GradientPiles {
  /** The pile of each document [N]. */
  readonly assignments: Int32Array;
  /** P(pile | d) [N, k]. */
  readonly posteriors: Float32Array;
}

/** Starts of k-means, of which the one is kept whose gradients lie closest together. */
const restarts = 20;

/** In this process. Throws UserError where documents are fewer than piles, or memory does not suffice. */
export function gradientsHere(base: LanguageModel): RunGradients {
  return async ({ documents, settings: { from, ...settings }, proxyLayers }, watch) => {
    requireDocuments(documents.length, settings.k);
    const rows = await once(watch, 'gradients', plainCodec<DenseRows>(), async (part) => {
      const model = proxyLayers === undefined ? base : base.firstLayers(proxyLayers);
      try {
        requireGradientMemory(model.config, documents.length);
        return await gradientFeatures(model, documents, settings, part);
      } finally {
        if (model !== base) await model.dispose();
      }
    });
    const begin = from === undefined ? { restarts } : { start: from };
    // Of vectors of length 1 the nearest is the one with the largest inner product.
    const found = await runKmeans(rows, { ...settings, ...begin, watch: renamed(watch, 'Piles by gradients') });
    return { assignments: found.assignments, posteriors: responsibilities(rows, found) };
  };
}
