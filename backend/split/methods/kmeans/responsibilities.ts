import { addScaled, type DenseRows, rowOf } from '../../features/dense';
import { centroidScores, type Kmeans } from './lloyd';

/**
 * P(pile | row) of piles that k-means found, [N, k]: Gaussians of one variance and one weight around the centroids, of which k-means is the
 * limit (Bishop 2006, section 9.3.2), so the nearest centroid is the most probable pile. Piles differ within the span of their centroids
 * alone (Hastie, Tibshirani and Friedman 2009, section 4.3.3): the variance is that of the rows around their own centroids there, for in
 * all directions together rows are spread less than along those in which piles were found, and every row would look certain.
 */
export function responsibilities(
  rows: DenseRows,
  { assignments, centroids }: Pick<Kmeans, 'assignments' | 'centroids'>,
): Float32Array {
  const k = centroids.count;
  const heat = 2 * Math.max(leastVariance, varianceAlong(axesOf(centroids), rows, { assignments, centroids }));
  const scores = centroidScores(rows, centroids);
  const result = new Float32Array(rows.count * k);
  for (let from = 0; from < scores.length; from += k) {
    const own = scores.subarray(from, from + k);
    const nearest = own.reduce((most, score) => Math.max(most, score));
    const weights = own.map((score) => Math.exp((score - nearest) / heat));
    const total = weights.reduce((sum, weight) => sum + weight);
    result.set(
      weights.map((weight) => weight / total),
      from,
    );
  }
  return result;
}

// Rows that lie on their centroids belong there for certain.
const leastVariance = 1e-12;

/** An orthonormal basis of what the centroids differ in, by Gram–Schmidt; fewer than k − 1 directions where some of them agree. */
function axesOf(centroids: DenseRows): Float64Array[] {
  const axes: Float64Array[] = [];
  for (let pile = 1; pile < centroids.count; pile++) {
    const axis = rowOf(centroids, pile).map((value, i) => value - centroids.values[i]);
    const length = Math.sqrt(dot(axis, axis));
    for (const other of axes) addScaled(axis, 0, other, 0, -dot(axis, other), axis.length);
    const left = Math.sqrt(dot(axis, axis));
    if (left > 1e-9 * length) axes.push(axis.map((value) => value / left));
  }
  return axes;
}

/** Variance of the rows around the centroids of their piles, along each of the axes. */
function varianceAlong(
  axes: readonly Float64Array[],
  rows: DenseRows,
  { assignments, centroids }: Pick<Kmeans, 'assignments' | 'centroids'>,
): number {
  let sum = 0;
  for (let row = 0; row < rows.count; row++) {
    const centroid = rowOf(centroids, assignments[row]);
    const residual = rowOf(rows, row).map((value, i) => value - centroid[i]);
    for (const axis of axes) sum += dot(residual, axis) ** 2;
  }
  return sum / Math.max(1, (rows.count - centroids.count) * axes.length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
