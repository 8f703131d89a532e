/** Rows of `width` numbers, one after the other. Shape `[count, width]`. */
export interface DenseRows {
  readonly count: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** Row i as a view. */
export function rowOf(rows: DenseRows, i: number): Float64Array {
  return rows.values.subarray(i * rows.width, (i + 1) * rows.width);
}

/** A·Bᵀ, all dot products of a row of A `[n, w]` and a row of B `[m, w]`: `[n, m]`. */
export function dotProducts(a: DenseRows, b: DenseRows): DenseRows {
  const { width } = a;
  const m = b.count;
  const values = new Float64Array(a.count * m);
  const [x, y] = [a.values, b.values];
  for (let row = 0; row < a.count; row++) {
    const from = row * width;
    let j = 0;
    // Four at once: their sums do not wait for one another, and each number of A is read once for four.
    for (; j + 4 <= m; j += 4) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      let at = j * width;
      for (let i = 0; i < width; i++, at++) {
        const value = x[from + i];
        s0 += value * y[at];
        s1 += value * y[at + width];
        s2 += value * y[at + 2 * width];
        s3 += value * y[at + 3 * width];
      }
      values[row * m + j] = s0;
      values[row * m + j + 1] = s1;
      values[row * m + j + 2] = s2;
      values[row * m + j + 3] = s3;
    }
    for (; j < m; j++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += x[from + i] * y[j * width + i];
      values[row * m + j] = sum;
    }
  }
  return { count: a.count, width: m, values };
}

/** `to[at …] += scale · from[start …]`, n numbers. */
export function addScaled(
  to: Float64Array,
  at: number,
  from: Float64Array,
  start: number,
  scale: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) to[at + i] += scale * from[start + i];
}

/** YᵀY, the dot products of the columns: `[w, w]`. */
export function gram({ width, values }: DenseRows): Float64Array {
  const result = new Float64Array(width * width);
  for (let from = 0; from < values.length; from += width) {
    for (let i = 0; i < width; i++) {
      const value = values[from + i];
      if (value !== 0) addScaled(result, i * width + i, values, from + i, value, width - i);
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) result[i * width + j] = result[j * width + i];
  return result;
}

/** Eigenvalues and eigenvectors (as rows) of a symmetric matrix `[n, n]` by cyclic Jacobi rotations. */
export function symmetricEigen(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const scale = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  // Convergence is quadratic: ten sweeps or so, and then nothing is left above the rounding of the whole.
  for (let sweep = 0, rotations = 1; sweep < 30 && rotations > 0; sweep++) {
    rotations = 0;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p * n + q]) <= scale * 1e-15) continue;
        rotate(a, vectors, n, p, q);
        rotations++;
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };
}

/** One Jacobi rotation, which makes a[p, q] zero (Golub and Van Loan, algorithm 8.4.1). */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const [pp, pq, qq] = [a[p * n + p], a[p * n + q], a[q * n + q]];
  const tau = (qq - pp) / (2 * pq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  turnRows(a, p * n, q * n, n, c, s);
  turnRows(vectors, p * n, q * n, n, c, s);
  for (let i = 0; i < n; i++) {
    a[i * n + p] = a[p * n + i];
    a[i * n + q] = a[q * n + i];
  }
  a[p * n + p] = pp - t * pq;
  a[q * n + q] = qq + t * pq;
  a[p * n + q] = 0;
  a[q * n + p] = 0;
}

function turnRows(a: Float64Array, p: number, q: number, n: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const x = a[p + i];
    const y = a[q + i];
    a[p + i] = c * x - s * y;
    a[q + i] = s * x + c * y;
  }
}
