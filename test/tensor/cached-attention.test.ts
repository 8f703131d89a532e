import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { cachedAttention, streamedMatmul } from '../../backend/tensor/ops';
import { GraphSession, type TensorData } from '../../backend/tensor/runtime';
import { newGraph } from '../../backend/tensor/trace';
import { largestDifference } from '../support/fixtures';

const [R, H, G, d, P] = [3, 4, 2, 8, 12];

/** Numbers of a dtype, the same for both. */
function drawn(
  seed: number,
  shape: readonly number[],
  dtype: 'float32' | 'float64',
): { data: TensorData; shape: readonly number[] } {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal());
  return { data: dtype === 'float32' ? data : Float64Array.from(data), shape };
}

/** What T tokens see that are read after the first `offset`, in ONNX Runtime's operator (float32) or in others (float64). */
async function attended(
  dtype: 'float32' | 'float64',
  window: number | undefined,
  pieces: readonly [offset: number, T: number][],
): Promise<TensorData[]> {
  const graph = newGraph();
  const tokens = (name: string, heads: number) => graph.input(name, dtype, [R, 'T', heads * d]);
  const cache = (name: string) => graph.input(name, dtype, [R, G, 'P', d]);
  const past = { keys: cache('keys'), values: cache('values'), offset: graph.input('offset', 'int64', [1]) };
  const own = { q: tokens('q', H), k: tokens('k', G), v: tokens('v', G) };
  const y = cachedAttention(own, past, { heads: H, scale: 0.3, window });
  const session = await GraphSession.create(graph, { y }, { threads: 1 });
  const results: TensorData[] = [];
  for (const [offset, T] of pieces) {
    const of = (seed: number, shape: readonly number[]) => drawn(seed, shape, dtype);
    const caches = { keys: of(1, [R, G, P, d]), values: of(2, [R, G, P, d]) };
    const read = { q: of(3, [R, T, H * d]), k: of(4, [R, T, G * d]), v: of(5, [R, T, G * d]) };
    const given = { ...caches, ...read, offset: { data: BigInt64Array.of(BigInt(offset)), shape: [1] } };
    results.push((await session.run(given)).get('y') ?? assert.fail());
  }
  await session.dispose();
  return results;
}

describe('attention on caches with room', () => {
  for (const window of [undefined, 3]) {
    it(`is the same in one operator and spelled out${window === undefined ? '' : ', with a window'}`, async () => {
      const pieces: [number, number][] = [
        [0, 1],
        [0, 5],
        [4, 1],
        [7, 4],
        [P - 1, 1],
      ];
      const [fused, spelled] = [await attended('float32', window, pieces), await attended('float64', window, pieces)];
      fused.forEach((result, i) => {
        assert.ok(largestDifference(result, spelled[i]) < 1e-5, `${pieces[i][1]} tokens after ${pieces[i][0]}`);
      });
    });
  }
});

describe('a streamed product', () => {
  it('is the product by several weights side by side, for any number of rows', async () => {
    const graph = newGraph();
    const outs = [16, 24];
    const weights = outs.map((out, i) => drawn(i, [out, 32, 1, 1], 'float32'));
    const filters = weights.map(({ data, shape }) => graph.constant(data as Float32Array, shape));
    const y = streamedMatmul(graph.input('x', 'float32', [2, 'T', 32]), filters);
    const session = await GraphSession.create(graph, { y }, { threads: 1 });
    for (const T of [1, 5]) {
      const x = drawn(7, [2, T, 32], 'float32');
      const expected = Float32Array.from({ length: 2 * T * 40 }, (_, i) => {
        const [row, column] = [Math.floor(i / 40), i % 40];
        const [{ data }, at] = column < 16 ? [weights[0], column] : [weights[1], column - 16];
        return Array.from({ length: 32 }, (__, j) => Number(x.data[row * 32 + j]) * Number(data[at * 32 + j])).reduce(
          (a, b) => a + b,
        );
      });
      assert.ok(largestDifference((await session.run({ x })).get('y') ?? [], expected) < 1e-5);
    }
    await session.dispose();
  });
});
