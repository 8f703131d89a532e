import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { gradients } from '../../backend/tensor/gradients';
import type { Graph, Value } from '../../backend/tensor/graph';
import * as ops from '../../backend/tensor/ops';
import { GraphSession, type Tensors } from '../../backend/tensor/runtime';
import { newGraph } from '../../backend/tensor/trace';
import { testDevice } from '../support/device';
import { fixtureFolder, largestDifference, readFixture } from '../support/fixtures';

/** One application of a primitive, computed by PyTorch in float64. */
interface Fixture {
  readonly name: string;
  readonly op: string;
  readonly params: Readonly<Record<string, never>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly upstream: string;
  readonly grads: readonly (string | null)[];
}

/** Applies the fixture's operation; a few are compositions of primitives or need another layout of the same memory. */
function apply(graph: Graph, { op, params }: Fixture, inputs: readonly Value[], dtype: 'float32' | 'float64'): Value {
  const [x, second, third] = inputs;
  switch (op) {
    case 'causalSoftmax': {
      const T = x.shape[x.shape.length - 1];
      const { window } = params as { window?: number };
      return ops.softmax(ops.add(x, ops.causalMask(graph, T, T, { window, dtype })));
    }
    case 'linearCrossEntropy':
      return ops.linearCrossEntropy(x, second, third, { chunks: 3 });
    case 'rope': {
      const [B, T, heads, size] = x.shape.map(Number);
      const tables = { cos: second, sin: third, offset: inputs[3] };
      const options = params as unknown as { heads: number; inverse: boolean };
      const turned = ops.rope(ops.reshape(x, [B, T, heads * size]), tables, options);
      return ops.reshape(turned, x.shape);
    }
    default:
      return graph.apply(op as 'add', inputs, params)[0];
  }
}

describe('primitives against PyTorch', () => {
  for (const [dtype, tolerance] of [
    ['float64', 1e-9],
    ['float32', 2e-5],
  ] as const) {
    it(`outputs and gradients agree in ${dtype}`, async () => {
      const tensors = await readFixture('primitives.safetensors');
      const fixtures = JSON.parse(await readFile(`${fixtureFolder}/primitives.json`, 'utf8')) as Fixture[];
      const tensor = (name: string): Tensors => {
        const found = tensors.get(name);
        assert.ok(found, name);
        const { data, shape } = found;
        return { shape, data: data instanceof Float64Array && dtype === 'float32' ? Float32Array.from(data) : data };
      };
      for (const fixture of fixtures) {
        const graph = newGraph();
        const data = fixture.inputs.map(tensor);
        const inputs = data.map(({ data: d, shape }, i) =>
          graph.input(`in${i}`, d instanceof BigInt64Array ? 'int64' : dtype, shape),
        );
        const output = apply(graph, fixture, inputs, dtype);
        const upstream = tensor(fixture.upstream);
        const wanted = fixture.grads.flatMap((name, i) => (name === null ? [] : [{ name, input: inputs[i] }]));
        const found = gradients(
          output,
          graph.constant(upstream.data, output.shape),
          wanted.map(({ input }) => input),
        );
        const named = Object.fromEntries(found.map((gradient, i) => [wanted[i].name, gradient]));
        const session = await GraphSession.create(graph, { output, ...named }, { device: testDevice });
        const results = await session.run(Object.fromEntries(data.map((d, i) => [`in${i}`, d])));
        for (const [mine, theirs] of [['output', fixture.outputs[0]], ...wanted.map(({ name }) => [name, name])]) {
          const difference = largestDifference(results.get(mine) ?? [], tensor(theirs).data);
          assert.ok(difference < tolerance, `${fixture.name} ${theirs}: differs by ${difference}`);
        }
        await session.dispose();
      }
    });
  }
});
