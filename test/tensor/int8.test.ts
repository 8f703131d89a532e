import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { gradients } from '../../backend/tensor/gradients';
import { int8Matmul, linearCrossEntropy, matmul } from '../../backend/tensor/ops';
import { GraphSession } from '../../backend/tensor/runtime';
import { newGraph } from '../../backend/tensor/trace';
import { largestDifference } from '../support/fixtures';

interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

function matrix(rows: number, columns: number, value: (row: number, column: number) => number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));
  return { data, rows, columns };
}

const drawn = (rows: number, columns: number, seed: number): Matrix => {
  const random = createRandom(seed);
  return matrix(rows, columns, () => random.normal());
};

const transposed = ({ data, rows, columns }: Matrix): Matrix =>
  matrix(columns, rows, (row, column) => data[column * columns + row]);

/** Each row as whole steps of a 127th of its largest magnitude. */
function rounded({ data, rows, columns }: Matrix): Matrix {
  const steps = Array.from({ length: rows }, (_, row) => {
    return Math.fround(Math.max(...data.subarray(row * columns, (row + 1) * columns).map(Math.abs)) / 127);
  });
  return matrix(rows, columns, (row, column) => {
    const step = steps[row];
    return step === 0 ? 0 : Math.round(data[row * columns + column] / step) * step;
  });
}

/** x [M, K] by the transpose of w [N, K]. */
const direct = (x: Matrix, w: Matrix): Matrix =>
  matrix(x.rows, w.rows, (m, n) => {
    let sum = 0;
    for (let k = 0; k < x.columns; k++) sum += x.data[m * x.columns + k] * w.data[n * w.columns + k];
    return sum;
  });

/** What the graph makes of x by the transpose of w [N, K], with w lying either way; and the gradient of x for an upstream one. */
async function computed(
  x: Matrix,
  w: Matrix,
  { lies = 'NK', rotated = false }: { lies?: 'NK' | 'KN'; rotated?: boolean } = {},
  upstream = matrix(x.rows, w.rows, () => 1),
): Promise<{ y: Float32Array; dx: Float32Array }> {
  const graph = newGraph();
  const input = graph.input('x', 'float32', [1, 'M', x.columns]);
  const weight = lies === 'NK' ? w : transposed(w);
  const constant = graph.constant(weight.data, [weight.rows, weight.columns]);
  const y = int8Matmul(input, constant, { transB: lies === 'NK', rotated });
  const dy = graph.input('dy', 'float32', [1, 'M', w.rows]);
  const [dx] = gradients(y, dy, [input]);
  const session = await GraphSession.create(graph, { y, dx }, { threads: 1 });
  const feeds = {
    x: { data: x.data, shape: [1, x.rows, x.columns] },
    dy: { data: upstream.data, shape: [1, x.rows, w.rows] },
  };
  const results = await session.run(feeds);
  await session.dispose();
  return { y: results.get('y') as Float32Array, dx: results.get('dx') as Float32Array };
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / b.reduce((sum, value) => sum + value ** 2, 0));

describe('products by frozen weights in 8 bits', () => {
  it('are those of rounded rows and rounded outputs, forward and backward, whichever way the weight lies', async () => {
    const [x, w, dy] = [drawn(5, 40, 1), drawn(24, 40, 2), drawn(5, 24, 3)];
    for (const lies of ['NK', 'KN'] as const) {
      const found = await computed(x, w, { lies }, dy);
      assert.ok(largestDifference(found.y, direct(rounded(x), rounded(w)).data) < 1e-4, lies);
      const back = direct(rounded(dy), rounded(transposed(w)));
      assert.ok(largestDifference(found.dx, back.data) < 1e-4, `gradient, ${lies}`);
    }
  });

  it('do not saturate where all numbers are the largest that there are', async () => {
    const sign = (i: number): number => (i % 2 === 0 ? 1 : -1);
    const x = matrix(4, 512, (row, column) => (row < 2 ? 3 : sign(column)));
    const w = matrix(16, 512, (row, column) => (row < 8 ? -2 : sign(row + column)));
    const { y } = await computed(x, w);
    assert.ok(largestDifference(y, direct(x, w).data) < 1e-5);
  });

  it('leave rows and outputs of zeros zero, and do not hide what is no number', async () => {
    const x = matrix(3, 64, (row, column) => (row === 0 ? 0 : row === 1 ? column - 20 : column === 7 ? Infinity : 1));
    const w = matrix(8, 64, (row) => (row === 5 ? 0 : 1));
    for (const rotated of [false, true]) {
      const { y } = await computed(x, w, { rotated });
      const [zeros, numbers, none] = [0, 1, 2].map((row) => y.subarray(8 * row, 8 * row + 8));
      assert.deepEqual([...zeros], Array<number>(8).fill(0));
      assert.equal(numbers[5], 0);
      assert.ok(Math.abs(numbers[0] - direct(x, w).data[8]) < 16);
      assert.ok(none.some((value) => !Number.isFinite(value)));
    }
  });

  it('bear a feature that is much larger than the others where features are mixed', async () => {
    const x = drawn(16, 192, 4);
    for (let row = 0; row < x.rows; row++) x.data[row * x.columns + 30] *= 60;
    // What it is multiplied by is small, as in language models.
    const w = drawn(32, 192, 5);
    for (let row = 0; row < w.rows; row++) w.data[row * w.columns + 30] /= 60;
    const exact = direct(x, w).data;
    for (const lies of ['NK', 'KN'] as const) {
      const [plain, mixed] = [await computed(x, w, { lies }), await computed(x, w, { lies, rotated: true })];
      const [coarse, fine] = [plain, mixed].map(({ y }) => distance(y, exact));
      assert.ok(fine < 0.05 && coarse > 3 * fine, `${fine}, ${coarse} unmixed`);
    }
  });

  it('compute logits of a loss, and its gradient in full', async () => {
    const [hidden, head] = [drawn(7, 64, 6), drawn(50, 64, 7)];
    const loss = async (int8: boolean): Promise<[Float32Array, Float32Array]> => {
      const graph = newGraph();
      const x = graph.input('x', 'float32', [7, 64]);
      const scaled = matmul(x, graph.constant(matrix(64, 64, (i, j) => (i === j ? 0.3 : 0)).data, [64, 64]));
      const targets = graph.constant(BigInt64Array.from([0n, 49n, 3n, 3n, 8n, 20n, 1n]), [7]);
      const nll = linearCrossEntropy(scaled, graph.constant(head.data, [50, 64]), targets, { chunks: 2, int8 });
      const [dx] = gradients(nll, graph.constant(new Float32Array(7).fill(1), [7]), [x]);
      const session = await GraphSession.create(graph, { nll, dx }, { threads: 1 });
      const results = await session.run({ x: { data: hidden.data, shape: [7, 64] } });
      await session.dispose();
      return [results.get('nll') as Float32Array, results.get('dx') as Float32Array];
    };
    const [[full, fullGradient], [int8, gradient]] = [await loss(false), await loss(true)];
    assert.ok(largestDifference(int8, full) < 0.05 && largestDifference(int8, full) > 0);
    assert.ok(distance(gradient, fullGradient) < 0.03);
  });
});
