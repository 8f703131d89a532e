import { pause, type Watch } from '../../../base/progress';
import { createRandom, type Random } from '../../../base/random';
import { assignBalanced } from '../../constraints/balance';
import { requireDocuments } from '../../result';
import type { Group } from '../../constraints/constraints';
import { addScaled, dotProducts, rowOf, type DenseRows } from '../../features/dense';

export interface KmeansSettings {
  readonly k: number;
  readonly seed: number;
  /** Independent starts, of which the one with the least inertia is kept; default 10. */
  readonly restarts?: number;
  /** With it, each pile takes at most `ceil(capacity · N / k)` documents (≥ 1); without, as many as come. */
  readonly capacity?: number;
  readonly maxRounds?: number;
  /** Piles to begin with instead of drawn ones, `[N]`; −1 is a document that was in none. */
  readonly start?: Int32Array;
  /** What people said of the rows. */
  readonly groups?: readonly Group[];
  readonly watch?: Watch;
}

export interface Kmeans {
  /** `[N]` */
  readonly assignments: Int32Array;
  /** `[k, r]` */
  readonly centroids: DenseRows;
  /** Sum of squared distances of the rows to their centroids. */
  readonly inertia: number;
}

/** Rounds end when no more than this share of the rows changes its pile: what moves later are ties between neighbours. */
const SETTLED = 0.001;

/**
 * K-means (Lloyd 1982) from greedy k-means++ starts (Arthur and Vassilvitskii 2007), plain or with a capacity per pile.
 * A pile that loses all rows starts anew at the row farthest from its centroid.
 * Throws UserError when there are fewer rows than piles.
 */
export async function runKmeans(rows: DenseRows, settings: KmeansSettings): Promise<Kmeans> {
  const { k, seed, start } = settings;
  const restarts = start === undefined ? (settings.restarts ?? 10) : 1;
  requireDocuments(rows.count, k);
  const lengths = squaredLengths(rows);
  let best: Kmeans | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const centroids =
      start === undefined ? plusPlus(rows, lengths, k, createRandom(seed, restart)) : meansOf(rows, start, k);
    const found = await lloyd(rows, lengths, centroids, settings);
    if (!best || found.inertia < best.inertia) best = found;
    settings.watch?.report({ stage: 'splitting documents', done: restart + 1, total: restarts, unit: 'starts' });
  }
  if (!best) throw new RangeError(`${restarts} starts: at least 1 is needed.`);
  return best;
}

/** −‖x − c‖² for each row and centroid, `[N, k]`: softmax of it over T weighs experts as c-BTM does. */
export function centroidScores(rows: DenseRows, centroids: DenseRows, rowLengths = squaredLengths(rows)): Float64Array {
  const centroidLengths = squaredLengths(centroids);
  const k = centroids.count;
  const scores = dotProducts(rows, centroids).values;
  for (let i = 0; i < scores.length; i++) {
    const squared = rowLengths[Math.floor(i / k)] + centroidLengths[i % k] - 2 * scores[i];
    scores[i] = -Math.max(0, squared);
  }
  return scores;
}

/** The pile with the highest score of each row, the first among equals. `scores`: `[N, k]`. */
export function bestPiles(scores: Float32Array | Float64Array, k: number): Int32Array {
  return Int32Array.from({ length: scores.length / k }, (_, row) => {
    let best = 0;
    for (let pile = 1; pile < k; pile++) if (scores[row * k + pile] > scores[row * k + best]) best = pile;
    return best;
  });
}

async function lloyd(
  rows: DenseRows,
  lengths: Float64Array,
  start: DenseRows,
  settings: KmeansSettings,
): Promise<Kmeans> {
  const { k, capacity, maxRounds = 100, groups = [] } = settings;
  let centroids = start;
  let assignments: Int32Array = new Int32Array(rows.count).fill(-1);
  for (let round = 0; ; round++) {
    await pause(settings.watch);
    const scores = centroidScores(rows, centroids, lengths);
    const free = capacity === undefined && groups.length === 0;
    const next = free ? bestPiles(scores, k) : assignBalanced(scores, k, capacity ?? k, groups);
    const moved = next.reduce((count, pile, row) => count + (pile === assignments[row] ? 0 : 1), 0);
    assignments = next;
    if (moved <= SETTLED * rows.count || round >= maxRounds) {
      const inertia = assignments.reduce((sum, pile, row) => sum - scores[row * k + pile], 0);
      return { assignments, centroids, inertia };
    }
    centroids = meansOf(rows, assignments, k, scores);
  }
}

/** The centroid of each pile; without `scores` one without documents stays at the origin. */
export function meansOf(rows: DenseRows, assignments: Int32Array, k: number, scores?: Float64Array): DenseRows {
  const { width, values: points } = rows;
  const sums = new Float64Array(k * width);
  const sizes = new Int32Array(k);
  for (let row = 0; row < rows.count; row++) {
    if (assignments[row] < 0) continue;
    sizes[assignments[row]]++;
    addScaled(sums, assignments[row] * width, points, row * width, 1, width);
  }
  const values = Float64Array.from(sums, (sum, i) => sum / Math.max(1, sizes[Math.floor(i / width)]));
  const empty = Array.from(sizes.keys()).filter((pile) => sizes[pile] === 0);
  if (scores !== undefined && empty.length > 0) {
    const farthest = Array.from(assignments.keys()).sort(
      (a, b) => scores[a * k + assignments[a]] - scores[b * k + assignments[b]],
    );
    empty.forEach((pile, i) => values.set(rowOf(rows, farthest[i]), pile * width));
  }
  return { count: k, width, values };
}

/** k rows far apart: each drawn in proportion to its squared distance from those chosen, the best of a few draws kept. */
function plusPlus(rows: DenseRows, lengths: Float64Array, k: number, random: Random): DenseRows {
  const centroids = { count: k, width: rows.width, values: new Float64Array(k * rows.width) };
  const trials = 2 + Math.floor(Math.log(k));
  let nearest: Float64Array = new Float64Array(rows.count).fill(1);
  for (let pile = 0; pile < k; pile++) {
    let bestSum = Infinity;
    let best = nearest;
    for (let trial = 0; trial < (pile === 0 ? 1 : trials); trial++) {
      const chosen = draw(nearest, random);
      const point = { count: 1, width: rows.width, values: rowOf(rows, chosen) };
      const scores = centroidScores(rows, point, lengths);
      const distances = scores.map((score, row) => (pile === 0 ? -score : Math.min(nearest[row], -score)));
      const sum = distances.reduce((total, distance) => total + distance, 0);
      if (sum >= bestSum) continue;
      [bestSum, best] = [sum, distances];
      centroids.values.set(rowOf(rows, chosen), pile * rows.width);
    }
    nearest = best;
  }
  return centroids;
}

/** An index drawn in proportion to its weight; any, where all weights are 0. */
function draw(weights: Float64Array, random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return random.below(weights.length);
  let left = random.uniform() * total;
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index < 0 ? weights.length - 1 : index;
}

function squaredLengths({ count, width, values }: DenseRows): Float64Array {
  const lengths = new Float64Array(count);
  for (let i = 0; i < values.length; i++) lengths[Math.floor(i / width)] += values[i] ** 2;
  return lengths;
}
