import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import type { Dim } from '../../backend/tensor/dims';
import { gradients } from '../../backend/tensor/gradients';
import type { Graph, Value } from '../../backend/tensor/graph';
import * as ops from '../../backend/tensor/ops';
import type { PrimitiveName } from '../../backend/tensor/primitives/primitive';
import { primitives } from '../../backend/tensor/primitives/table';
import { GraphSession } from '../../backend/tensor/runtime';
import { newGraph } from '../../backend/tensor/trace';

/** One primitive under test: shapes of its float inputs, and how to apply it. */
interface Case {
  readonly op: PrimitiveName;
  readonly shapes: readonly (readonly number[])[];
  readonly apply: (inputs: readonly Value[], graph: Graph) => Value;
  /** Inputs are drawn from (0.5, 2) instead of a normal distribution. */
  readonly positive?: boolean;
}

const ids = (graph: Graph, values: readonly number[]): Value =>
  graph.constant(BigInt64Array.from(values.map(BigInt)), [values.length]);

const tables = (graph: Graph): { cos: Value; sin: Value; offset: Value } => {
  const angles = Array.from({ length: 16 }, (_, i) => Math.floor(i / 2) * (i % 2 === 0 ? 1 : 0.1));
  return {
    cos: graph.constant(Float64Array.from(angles.map(Math.cos)), [8, 2]),
    sin: graph.constant(Float64Array.from(angles.map(Math.sin)), [8, 2]),
    offset: ids(graph, [3]),
  };
};

const cases: readonly Case[] = [
  {
    op: 'add',
    shapes: [
      [2, 1, 3],
      [4, 3],
    ],
    apply: ([a, b]) => ops.add(a, b),
  },
  { op: 'sub', shapes: [[3], [2, 3]], apply: ([a, b]) => ops.sub(a, b) },
  {
    op: 'mul',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    apply: ([a, b]) => ops.mul(a, b),
  },
  { op: 'div', shapes: [[2, 3], [3]], apply: ([a, b]) => ops.div(a, b), positive: true },
  { op: 'neg', shapes: [[3]], apply: ([x]) => ops.neg(x) },
  { op: 'exp', shapes: [[3]], apply: ([x]) => ops.exp(x) },
  { op: 'log', shapes: [[3]], apply: ([x]) => ops.log(x), positive: true },
  { op: 'sqrt', shapes: [[3]], apply: ([x]) => ops.sqrt(x), positive: true },
  { op: 'sigmoid', shapes: [[3]], apply: ([x]) => ops.sigmoid(x) },
  { op: 'silu', shapes: [[5]], apply: ([x]) => ops.silu(x) },
  {
    op: 'swiglu',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    apply: ([gate, up]) => ops.swiglu(gate, up),
  },
  { op: 'gelu', shapes: [[5]], apply: ([x]) => ops.gelu(x) },
  {
    op: 'select',
    shapes: [[2, 3], [3]],
    apply: ([a, b], graph) => ops.select(graph.constant(Float64Array.of(1, 0, -1), [3]), a, b),
  },
  { op: 'cast', shapes: [[3]], apply: ([x]) => ops.cast(x, 'float64') },
  {
    op: 'matmul',
    shapes: [
      [2, 3, 4],
      [4, 5],
    ],
    apply: ([a, b]) => ops.matmul(a, b),
  },
  {
    op: 'matmul',
    shapes: [
      [2, 3, 4],
      [5, 4],
    ],
    apply: ([a, b]) => ops.matmul(a, b, { transB: true, alpha: 0.5 }),
  },
  {
    op: 'matmul',
    shapes: [
      [4, 3],
      [4, 5],
    ],
    apply: ([a, b]) => ops.matmul(a, b, { transA: true }),
  },
  {
    op: 'matmul',
    shapes: [
      [1, 3, 4],
      [2, 5, 4],
    ],
    apply: ([a, b]) => ops.matmul(a, b, { transB: true }),
  },
  {
    op: 'matmul',
    shapes: [
      [2, 4, 3],
      [2, 5, 4],
    ],
    apply: ([a, b]) => ops.matmul(a, b, { transA: true, transB: true }),
  },
  { op: 'reshape', shapes: [[2, 6]], apply: ([x]) => ops.reshape(x, [3, 4]) },
  { op: 'transpose', shapes: [[2, 3, 4]], apply: ([x]) => ops.transpose(x, [1, 2, 0]) },
  { op: 'expand', shapes: [[2, 1]], apply: ([x]) => ops.expand(x, [3, 2, 4]) },
  {
    op: 'concat',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    apply: ([a, b]) => ops.concat([a, b], 1),
  },
  { op: 'slice', shapes: [[2, 5]], apply: ([x]) => ops.slice(x, 1, 1, 4) },
  { op: 'pad', shapes: [[2, 3]], apply: ([x]) => ops.pad(x, 1, 2, 1) },
  { op: 'rowsAt', shapes: [[5, 2]], apply: ([x], graph) => ops.rowsAt(x, ids(graph, [1]), 3) },
  { op: 'placeRows', shapes: [[3, 2]], apply: ([x], graph) => ops.placeRows(x, ids(graph, [1]), 5) },
  { op: 'sum', shapes: [[2, 3, 4]], apply: ([x]) => ops.sum(x, [0, 2]) },
  { op: 'mean', shapes: [[2, 3, 4]], apply: ([x]) => ops.mean(x, [-1], true) },
  { op: 'gather', shapes: [[4, 3]], apply: ([x], graph) => ops.gather(x, ids(graph, [1, 3, 1])) },
  { op: 'scatterAdd', shapes: [[3, 2]], apply: ([x], graph) => ops.scatterAdd(x, ids(graph, [1, 3, 1]), 4) },
  { op: 'softmax', shapes: [[2, 5]], apply: ([x]) => ops.softmax(x) },
  { op: 'logSoftmax', shapes: [[2, 5]], apply: ([x]) => ops.logSoftmax(x) },
  {
    op: 'causalMask',
    shapes: [[2, 3, 5]],
    apply: ([x], graph) => ops.softmax(ops.add(x, ops.causalMask(graph, 3, 5, { dtype: 'float64' }))),
  },
  {
    op: 'causalMask',
    shapes: [[2, 3, 5]],
    apply: ([x], graph) => ops.softmax(ops.add(x, ops.causalMask(graph, 3, 5, { window: 2, dtype: 'float64' }))),
  },
  { op: 'rmsNorm', shapes: [[2, 3, 4], [4]], apply: ([x, weight]) => ops.rmsNorm(x, weight, 1e-5) },
  {
    op: 'layerNorm',
    shapes: [[2, 3, 4], [4], [4]],
    apply: ([x, weight, bias]) => ops.layerNorm(x, weight, bias, 1e-5),
  },
  { op: 'rope', shapes: [[2, 3, 8]], apply: ([x], graph) => ops.rope(x, tables(graph), { heads: 2 }) },
  ...[1, 3, 5].map((blocks): Case => {
    // Five positions on seven, four heads on two.
    const shapes = [
      [2, 5, 12],
      [2, 2, 7, 3],
      [2, 2, 7, 3],
    ];
    const apply: Case['apply'] = ([q, keys, values], graph) => {
      const mask = ops.causalMask(graph, 5, 7, { dtype: 'float64' });
      return ops.attention(q, { keys, values, mask }, { heads: 4, scale: 0.5, blocks });
    };
    return { op: 'attention', shapes, apply };
  }),
  { op: 'crossEntropy', shapes: [[3, 5]], apply: ([x], graph) => ops.crossEntropy(x, ids(graph, [4, 0, 2])) },
  {
    op: 'linearCrossEntropy',
    shapes: [
      [5, 3],
      [4, 3],
    ],
    apply: ([hidden, weight], graph) =>
      ops.linearCrossEntropy(hidden, weight, ids(graph, [3, 0, 2, 1, 1]), { chunks: 2 }),
  },
];

/** Ops that only the gradients of others emit; the cases of those others check them. */
const backwardOnly: readonly PrimitiveName[] = [
  'attentionGradient',
  'crossEntropyGradient',
  'linearCrossEntropyWeightGradient',
];

/** What only writing tokens uses (test/model/quantized, test/model/decoder). */
const withoutGradient: readonly PrimitiveName[] = ['cachedAttention', 'quantizedMatmul', 'split', 'streamedMatmul'];

/** A step function has none by differences (test/tensor/int8). */
const rounding: readonly PrimitiveName[] = ['int8Matmul'];

const sizeOf = (shape: readonly Dim[]): number => shape.reduce<number>((product, dim) => product * Number(dim), 1);

async function largestError({ shapes, apply, positive }: Case): Promise<number> {
  const random = createRandom(11);
  const draw = (n: number): Float64Array =>
    Float64Array.from({ length: n }, () => (positive === true ? 0.5 + 1.5 * random.uniform() : random.normal()));
  const graph = newGraph();
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float64', shape));
  const output = apply(inputs, graph);
  const upstream = draw(sizeOf(output.shape));
  const analytic = gradients(output, graph.constant(upstream, output.shape), inputs);
  const session = await GraphSession.create(graph, {
    output,
    ...Object.fromEntries(analytic.map((g, i) => [`g${i}`, g])),
  });

  const data = shapes.map((shape) => draw(sizeOf(shape)));
  const run = (): Promise<Map<string, ArrayLike<number | bigint>>> =>
    session.run(Object.fromEntries(data.map((values, i) => [`x${i}`, { data: values, shape: shapes[i] }])));
  const weighted = async (): Promise<number> => {
    const y = (await run()).get('output') ?? [];
    return upstream.reduce((total, weight, i) => total + weight * Number(y[i]), 0);
  };

  const results = await run();
  let worst = 0;
  for (const [i, values] of data.entries()) {
    const gradient = results.get(`g${i}`) ?? [];
    for (let j = 0; j < values.length; j++) {
      const kept = values[j];
      values[j] = kept + 1e-5;
      const above = await weighted();
      values[j] = kept - 1e-5;
      const below = await weighted();
      values[j] = kept;
      worst = Math.max(worst, Math.abs((above - below) / 2e-5 - Number(gradient[j])));
    }
  }
  await session.dispose();
  return worst;
}

describe('gradients against central finite differences in float64', () => {
  for (const [i, testCase] of cases.entries()) {
    it(`${testCase.op} (case ${i})`, async () => {
      assert.ok((await largestError(testCase)) < 1e-7);
    });
  }

  it('covers every primitive', () => {
    const covered = new Set([
      ...cases.map((testCase) => testCase.op),
      ...backwardOnly,
      ...withoutGradient,
      ...rounding,
    ]);
    assert.deepEqual(
      Object.keys(primitives).filter((op) => !covered.has(op as PrimitiveName)),
      [],
    );
  });
});
