import { createRandom } from '../../base/random';
import { addScaled, dotProducts, gram, rowOf, symmetricEigen, type DenseRows } from './dense';
import type { SparseRows } from './word-counts';

/** A matrix A `[count, width]` by what it does to others: its singular vectors are found by nothing else. */
export interface Matrix {
  readonly count: number;
  readonly width: number;
  /** A·B for B `[width, r]`: `[count, r]`. */
  readonly times: (b: DenseRows) => DenseRows;
  /** Aᵀ·B for B `[count, r]`: `[width, r]`. */
  readonly transposeTimes: (b: DenseRows) => DenseRows;
}

/** Rows of single precision, of which there may be many times more numbers than `DenseRows` are for. `[count, width]` */
export interface FloatRows {
  readonly count: number;
  readonly width: number;
  readonly values: Float32Array;
}

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
export function rightSingularVectors(a: Matrix, rank: number, seed: number): DenseRows {
  const random = createRandom(seed);
  const sketch = Math.min(rank + OVERSAMPLING, a.count, a.width);
  const start = { count: a.width, width: sketch, values: new Float64Array(a.width * sketch) };
  for (let i = 0; i < start.values.length; i++) start.values[i] = random.normal();

  let basis = orthonormalized(a.times(start));
  for (let i = 0; i < POWER_ITERATIONS; i++) basis = orthonormalized(a.times(a.transposeTimes(basis)));
  // AᵀQ holds the leading directions; its own left singular vectors, longest first, are the right ones of A.
  return orthonormalized(a.transposeTimes(basis), rank);
}

/** A·B: `[N, V]` × `[V, r]`, each row scaled to length 1 (an empty row stays zero). Shape `[N, r]`. */
export function projectRows(a: Pick<Matrix, 'times'>, vectors: DenseRows): DenseRows {
  const product = a.times(vectors);
  for (let i = 0; i < product.count; i++) {
    const row = rowOf(product, i);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let j = 0; j < row.length; j++) row[j] /= length;
  }
  return product;
}

export function sparseMatrix({ count, width, starts, columns, values }: SparseRows): Matrix {
  return matrixOf(count, width, (row, visit) => {
    for (let cell = starts[row]; cell < starts[row + 1]; cell++) visit(columns[cell], values[cell]);
  });
}

export function fullMatrix({ count, width, values }: FloatRows): Matrix {
  return matrixOf(count, width, (row, visit) => {
    for (let column = 0, at = row * width; column < width; column++, at++) visit(column, values[at]);
  });
}

/** `cells` visits those of a row that are not zero. */
function matrixOf(
  count: number,
  width: number,
  cells: (row: number, visit: (column: number, value: number) => void) => void,
): Matrix {
  return {
    count,
    width,
    times: ({ width: r, values: factors }) => {
      const values = new Float64Array(count * r);
      for (let row = 0; row < count; row++) {
        cells(row, (column, value) => addScaled(values, row * r, factors, column * r, value, r));
      }
      return { count, width: r, values };
    },
    transposeTimes: ({ width: r, values: factors }) => {
      const values = new Float64Array(width * r);
      for (let row = 0; row < count; row++) {
        cells(row, (column, value) => addScaled(values, column * r, factors, row * r, value, r));
      }
      return { count: width, width: r, values };
    },
  };
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
