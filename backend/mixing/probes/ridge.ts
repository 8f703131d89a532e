import { type Learner, onRawStates, standardisation, standardised } from './learning';

/** Part of the squared deviation of a state that is added to it: keeps weights of directions that few states take small. */
const penalty = 0.01;

/** Ridge regression on labels −1 and 1 in closed form: (XᵀSX + λI)⁻¹ XᵀSy on standardised states, S what each counts. */
export const ridge: Learner = ({ rows, labels, weights }) => {
  const n = labels.length;
  const D = rows.length / n;
  const scale = standardisation(rows, D);
  const states = standardised(rows, scale);
  const size = D + 1;
  const [matrix, right] = [new Float64Array(size * size), new Float64Array(size)];
  const row = new Float64Array(size).fill(1);
  for (let i = 0; i < n; i++) {
    row.set(states.subarray(i * D, (i + 1) * D));
    for (let a = 0; a < size; a++) {
      const weighed = weights[i] * row[a];
      right[a] += weighed * (2 * labels[i] - 1);
      for (let b = 0; b <= a; b++) matrix[a * size + b] += weighed * row[b];
    }
  }
  for (let j = 0; j < D; j++) matrix[j * size + j] += penalty * n;
  const solution = solved(matrix, right);
  return onRawStates(solution.slice(0, D), solution[D], scale);
};

/** x [n] of A x = b, for a symmetric positive definite A [n, n] given by its lower half, which is overwritten: Cholesky. */
function solved(A: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j];
      for (let s = 0; s < j; s++) sum -= A[i * n + s] * A[j * n + s];
      A[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / A[j * n + j];
    }
  }
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < i; s++) x[i] -= A[i * n + s] * x[s];
    x[i] /= A[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let s = i + 1; s < n; s++) x[i] -= A[s * n + i] * x[s];
    x[i] /= A[i * n + i];
  }
  return x;
}
