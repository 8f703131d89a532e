import type { Device } from '../base/device';
import { createRandom } from '../base/random';
import { gradients } from './gradients';
import type { Value } from './graph';
import { int8Matmul, matmul, mul, rmsNorm, scalar, silu, sum } from './ops';
import { GraphSession, type Tensors } from './runtime';
import { newGraph } from './trace';

// A feed-forward block of a small language model.
const [width, inner] = [576, 1536];

export interface StepFigures {
  /** Column sums of the gradients: what two ways to compute have to agree on. */
  readonly gradients: Float32Array;
  /** Of the fastest step. */
  readonly seconds: number;
}

/** Forward and backward pass of one block over so many tokens on a device, a few times. Throws what ONNX Runtime throws where that device is not there. */
export function probeStep(device: Device, tokens: number, runs: number): Promise<StepFigures> {
  return timed({ device, tokens, runs }, (x, up, down) => {
    const loss = lossOf(matmul(silu(matmul(x, up)), down));
    return gradients(loss, scalar(loss, 1), [up, down]);
  });
}

/**
 * The same on one core where the block is frozen, and the gradient goes on to what is below: in full, or with 8-bit products. Seconds
 * are those of the processor, which what else is at work disturbs little.
 */
export function probeFrozenStep(int8: boolean, tokens: number, runs: number): Promise<StepFigures> {
  const product = (x: Value, weight: Value): Value =>
    int8 ? int8Matmul(x, weight, { transB: false, rotated: true }) : matmul(x, weight);
  return timed({ device: 'cpu', tokens, runs, threads: 1, clock: processorTime }, (x, up, down) => {
    const loss = lossOf(product(silu(product(x, up)), down));
    return gradients(loss, scalar(loss, 1), [x]);
  });
}

/**
 * Whether 8-bit products add up to what they should where all numbers are the largest: on processors that have no instruction for them
 * ONNX Runtime adds pairs in 16 bits, which are too few.
 */
export async function int8SumsAreWhole(): Promise<boolean> {
  const ones = (count: number): Float32Array => new Float32Array(count).fill(1);
  const graph = newGraph();
  const x = graph.input('x', 'float32', [4, width]);
  const y = int8Matmul(x, graph.constant(ones(width * inner), [width, inner]), { transB: false, rotated: false });
  const session = await GraphSession.create(graph, { y }, { threads: 1 });
  const sums = (await session.run({ x: { data: ones(4 * width), shape: [4, width] } })).get('y') ?? [];
  await session.dispose();
  return Array.from(sums, Number).every((sum) => Math.abs(sum - width) < 0.01);
}

const lossOf = (y: Value): Value => sum(mul(y, y), [0, 1]);

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

interface Trial {
  readonly device: Device;
  readonly tokens: number;
  readonly runs: number;
  readonly threads?: number;
  /** Seconds. */
  readonly clock?: () => number;
}

async function timed(
  { device, tokens, runs, threads, clock = () => performance.now() / 1000 }: Trial,
  trace: (x: Value, up: Value, down: Value) => readonly Value[],
): Promise<StepFigures> {
  const random = createRandom(1);
  const normal = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const graph = newGraph();
  const given = graph.input('x', 'float32', [tokens, width]);
  const up = graph.constant(normal(width * inner, width ** -0.5), [width, inner]);
  const down = graph.constant(normal(inner * width, inner ** -0.5), [inner, width]);
  const x = rmsNorm(given, graph.constant(new Float32Array(width).fill(1), [width]), 1e-5);
  const sums = trace(x, up, down).map((gradient, i) => [`gradient${i}`, sum(gradient, [0])] as const);
  const session = await GraphSession.create(graph, Object.fromEntries(sums), {
    device,
    ...(threads !== undefined && { threads }),
  });
  try {
    const input: Tensors = { data: normal(tokens * width, 1), shape: [tokens, width] };
    // The first run compiles shaders and allocates.
    let results = await session.run({ x: input });
    let seconds = Infinity;
    for (let i = 0; i < runs; i++) {
      const started = clock();
      results = await session.run({ x: input });
      seconds = Math.min(seconds, clock() - started);
    }
    return {
      gradients: Float32Array.from(sums.flatMap(([name]) => [...(results.get(name) ?? [])].map(Number))),
      seconds,
    };
  } finally {
    await session.dispose();
  }
}
