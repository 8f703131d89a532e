import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { gradients, type Recomputed } from '../../backend/tensor/gradients';
import { matmul, softmax } from '../../backend/tensor/ops';
import { GraphSession } from '../../backend/tensor/runtime';
import { newGraph } from '../../backend/tensor/trace';

const width = 4;

interface Outcome {
  /** The gradients of both inputs, one after another. */
  readonly gradients: readonly number[];
  /** Softmaxes in the graph that ONNX Runtime runs; the forward pass has one. */
  readonly softmaxes: number;
}

/** softmax(x) m and its gradients. */
async function differentiate(recomputed: Recomputed, mergeDuplicates: boolean): Promise<Outcome> {
  const graph = newGraph();
  const shape = [width, width];
  const [x, m, dy] = ['x', 'm', 'dy'].map((name) => graph.input(name, 'float32', shape));
  const y = matmul(softmax(x), m);
  const [dx, dm] = gradients(y, dy, [x, m], recomputed);
  const folder = await mkdtemp(join(tmpdir(), 'polymath-recompute-'));
  try {
    const optimizedFile = join(folder, 'optimized.onnx');
    const session = await GraphSession.create(graph, { y, dx, dm }, { mergeDuplicates, optimizedFile });
    const data = (seed: number): Float32Array =>
      Float32Array.from({ length: width ** 2 }, (_, i) => Math.sin(seed + i));
    const inputs = ['x', 'm', 'dy'].map((name, i) => [name, { data: data(i), shape }] as const);
    const results = await session.run(Object.fromEntries(inputs));
    await session.dispose();
    const nodes = fromBinary(ModelProtoSchema, await readFile(optimizedFile)).graph?.node ?? [];
    return {
      gradients: ['dx', 'dm'].flatMap((name) => Array.from(results.get(name) ?? [], Number)),
      softmaxes: nodes.filter(({ opType }) => opType === 'Softmax').length,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('what is computed again for the backward pass', () => {
  const probabilities: Recomputed = ({ op }) => op === 'softmax';

  it('is still computed again in the graph that ONNX Runtime runs, and gives the same gradients', async () => {
    const kept = await differentiate(() => false, false);
    const again = await differentiate(probabilities, false);
    assert.equal(kept.gradients.length, 2 * width ** 2);
    assert.deepEqual(again.gradients, kept.gradients);
    assert.deepEqual([kept.softmaxes, again.softmaxes], [1, 2]);
  });

  it('would be undone where ONNX Runtime merges what computes the same', async () => {
    assert.equal((await differentiate(probabilities, true)).softmaxes, 1);
  });
});
