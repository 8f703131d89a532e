import type { Device } from '../base/device';
import { createRandom } from '../base/random';
import { gradients } from './gradients';
import { matmul, mul, rmsNorm, scalar, silu, sum } from './ops';
import { GraphSession, type Tensors } from './runtime';
import { newGraph } from './trace';

// A feed-forward block of a small language model.
const [width, inner] = [576, 1536];

export interface StepFigures {
  /** Column sums of the gradients: what two devices have to agree on. */
  readonly gradients: Float32Array;
  /** Of the fastest step. */
  readonly seconds: number;
}

/** Forward and backward pass of one block over so many tokens on a device, a few times. Throws what ONNX Runtime throws where that device is not there. */
export async function probeStep(device: Device, tokens: number, runs: number): Promise<StepFigures> {
  const random = createRandom(1);
  const normal = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const graph = newGraph();
  const x = graph.input('x', 'float32', [tokens, width]);
  const up = graph.constant(normal(width * inner, width ** -0.5), [width, inner]);
  const down = graph.constant(normal(inner * width, inner ** -0.5), [inner, width]);
  const y = matmul(silu(matmul(rmsNorm(x, graph.constant(new Float32Array(width).fill(1), [width]), 1e-5), up)), down);
  const loss = sum(mul(y, y), [0, 1]);
  const [dUp, dDown] = gradients(loss, scalar(loss, 1), [up, down]);
  const session = await GraphSession.create(graph, { up: sum(dUp, [0]), down: sum(dDown, [0]) }, { device });
  try {
    const input: Tensors = { data: normal(tokens * width, 1), shape: [tokens, width] };
    // The first run compiles shaders and allocates.
    let results = await session.run({ x: input });
    let seconds = Infinity;
    for (let i = 0; i < runs; i++) {
      const started = performance.now();
      results = await session.run({ x: input });
      seconds = Math.min(seconds, (performance.now() - started) / 1000);
    }
    return {
      gradients: Float32Array.from([...(results.get('up') ?? []), ...(results.get('down') ?? [])], Number),
      seconds,
    };
  } finally {
    await session.dispose();
  }
}
