import { UMAP } from 'umap-js';
import { createRandom } from '../../base/random';
import { type DenseRows, rowOf } from '../features/dense';
import { fitFeatures, projectTexts } from '../features/word-features';

/** Directions of the corpus that are told apart: as many as a map of piles needs, and few enough to be quick. */
const dimensions = 20;
const neighbours = 15;

/**
 * Places texts in a plane, near each other where their words are alike: tf-idf, SVD, then UMAP (McInnes et al. 2018). Returns
 * positions `[N, 2]`; the same texts and seed give the same. Of more texts than `fitted` the plane is fitted to an even draw, and the
 * others find their places among these. Throws UserError where no word stands in two texts.
 */
export function layOut(texts: readonly string[], seed: number, fitted = 2000): Float32Array {
  const drawn = evenly(texts.length, fitted);
  const features = fitFeatures(
    drawn.map((row) => texts[row]),
    seed,
    dimensions,
  );
  const positions = new Float32Array(texts.length * 2);
  const nNeighbors = Math.min(neighbours, drawn.length - 1);
  // So few have no neighbourhoods.
  if (nNeighbors < 3) return positions.map((_, i) => (i % 2 === 0 ? i / 2 : 0));
  const random = createRandom(seed);
  const umap = new UMAP({ nNeighbors, random: () => random.uniform() });
  place(positions, drawn, umap.fit(vectors(features.rows)));
  const others = rest(texts.length, drawn);
  if (others.length === 0) return positions;
  const rows = projectTexts(
    features.space,
    others.map((row) => texts[row]),
  );
  place(positions, others, umap.transform(vectors(rows)));
  return positions;
}

function place(positions: Float32Array, rows: readonly number[], points: readonly (readonly number[])[]): void {
  rows.forEach((row, i) => positions.set(points[i], row * 2));
}

const vectors = (rows: DenseRows): number[][] => Array.from({ length: rows.count }, (_, i) => [...rowOf(rows, i)]);

/** At most so many of the rows 0 … count − 1, evenly over all. */
function evenly(count: number, most: number): number[] {
  const size = Math.min(count, most);
  return Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

function rest(count: number, drawn: readonly number[]): number[] {
  const among = new Set(drawn);
  return Array.from({ length: count }, (_, row) => row).filter((row) => !among.has(row));
}
