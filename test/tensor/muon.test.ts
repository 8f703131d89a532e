import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { Muon } from '../../backend/tensor/muon';

describe('Muon', () => {
  it('goes along the orthogonal matrix next to the momentum, whatever lengths its directions have', async () => {
    const random = createRandom(3);
    const [rows, columns] = [6, 10];
    // Both wide and tall, the second the transpose of the first; its rows are orthogonal and of lengths 1 to 6.
    const wide = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) wide[i * columns + i] = (i + 1) * (random.uniform() < 0.5 ? -1 : 1);
    const tall = transposed(wide, rows, columns);
    const parameters = new Float32Array(2 * rows * columns).fill(1);
    const matrices = [
      { offset: 0, rows, columns },
      { offset: rows * columns, rows: columns, columns: rows },
    ];
    const settings = { momentum: 0.9, weightDecay: 0.5, changes: () => true };
    const momentum = new Float32Array(parameters.length);
    const muon = await Muon.create(parameters, momentum, matrices, settings, { device: 'cpu', threads: 1 });
    const learningRate = 0.1;
    await muon.step([wide, tall], learningRate);
    const length = learningRate * 0.2 * Math.sqrt(columns);
    const moved = parameters.map((p) => (1 - learningRate * settings.weightDecay - p) / length);
    assert.deepEqual(momentum.subarray(0, wide.length), wide);
    wide.forEach((value, i) => {
      // Newton and Schulz's polynomial is made to end quickly between 0.7 and 1.2, not at 1.
      if (value === 0) assert.ok(Math.abs(moved[i]) < 1e-3);
      else assert.ok(Math.sign(value) * moved[i] > 0.65 && Math.sign(value) * moved[i] < 1.25, `${moved[i]} at ${i}`);
    });
    const second = moved.subarray(wide.length);
    transposed(moved.subarray(0, wide.length), rows, columns).forEach((value, i) => {
      assert.ok(Math.abs(value - second[i]) < 1e-3);
    });
    await muon.step([wide, tall], learningRate);
    wide.forEach((value, i) => assert.ok(Math.abs(momentum[i] - 1.9 * value) < 1e-5));
    await muon.dispose();
  });
});

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}
