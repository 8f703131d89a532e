import { createRandom } from '../../base/random';
import { addScaled, dotProducts, gram, rowOf, symmetricEigen, type DenseRows } from './dense';
import type { SparseRows } from './word-counts';

/** Directions sought beyond those asked for: they make the last ones asked for accurate. */
const OVERSAMPLING = 10;
/** Multiplications by A·Aᵀ after the first product. Halko et al. advise 1 or 2 for slowly falling spectra; 2 and 5 gave the same piles. */
const POWER_ITERATIONS = 1;
/** A direction whose squared length is below this share of the longest one's is noise of rounding: the rows have lower rank. */
const RANK_TOLERANCE = 1e-10;

/**
 * The leading right singular vectors of A `[N, V]` by randomised subspace iteration (Halko, Martinsson and Tropp 2011,
 * algorithm 4.4). Returns them as columns: `[V, r]` with r ≤ `rank`, fewer where A's rank is lower. Time O(nnz · rank).
 */
export function rightSingularVectors(a: SparseRows, rank: number, seed: number): DenseRows {
  const random = createRandom(seed);
  const sketch = Math.min(rank + OVERSAMPLING, a.count, a.width);
  const start = { count: a.width, width: sketch, values: new Float64Array(a.width * sketch) };
  for (let i = 0; i < start.values.length; i++) start.values[i] = random.normal();

  let basis = orthonormalized(times(a, start));
  for (let i = 0; i < POWER_ITERATIONS; i++) basis = orthonormalized(times(a, transposeTimes(a, basis)));
  // AᵀQ holds the leading directions; its own left singular vectors, longest first, are the right ones of A.
  return orthonormalized(transposeTimes(a, basis), rank);
}

/** A·B: `[N, V]` × `[V, r]`, each row scaled to length 1 (an empty row stays zero). Shape `[N, r]`. */
export function projectRows(a: SparseRows, vectors: DenseRows): DenseRows {
  const product = times(a, vectors);
  for (let i = 0; i < product.count; i++) {
    const row = rowOf(product, i);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let j = 0; j < row.length; j++) row[j] /= length;
  }
  return product;
}

function times(a: SparseRows, b: DenseRows): DenseRows {
  const { width } = b;
  const values = new Float64Array(a.count * width);
  for (let row = 0; row < a.count; row++) {
    for (let cell = a.starts[row]; cell < a.starts[row + 1]; cell++) {
      addScaled(values, row * width, b.values, a.columns[cell] * width, a.values[cell], width);
    }
  }
  return { count: a.count, width, values };
}

function transposeTimes(a: SparseRows, b: DenseRows): DenseRows {
  const { width } = b;
  const values = new Float64Array(a.width * width);
  for (let row = 0; row < a.count; row++) {
    for (let cell = a.starts[row]; cell < a.starts[row + 1]; cell++) {
      addScaled(values, a.columns[cell] * width, b.values, row * width, a.values[cell], width);
    }
  }
  return { count: a.width, width, values };
}

/**
 * An orthonormal basis of the columns of Y, longest principal direction first: Y·E·Λ^(−1/2) with YᵀY = E·Λ·Eᵀ. Unlike
 * Gram–Schmidt this reads Y row by row, and shows its rank: directions without length are left out.
 */
function orthonormalized(y: DenseRows, keep = y.width): DenseRows {
  const { vectors, values: lengths } = symmetricEigen(gram(y), y.width);
  const order = Array.from(lengths.keys()).sort((i, j) => lengths[j] - lengths[i]);
  const floor = Math.max(0, lengths[order[0]] * RANK_TOLERANCE);
  const kept = order.slice(0, keep).filter((i) => lengths[i] > floor);
  const turn = new Float64Array(kept.length * y.width);
  kept.forEach((from, to) => {
    const scale = 1 / Math.sqrt(lengths[from]);
    for (let i = 0; i < y.width; i++) turn[to * y.width + i] = vectors[from * y.width + i] * scale;
  });
  return dotProducts(y, { count: kept.length, width: y.width, values: turn });
}
