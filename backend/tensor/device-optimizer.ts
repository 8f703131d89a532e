import type { Device } from '../base/device';
import type { Value } from './graph';
import { add, concat, div, mul, pad, reshape, scalar, select, sqrt, sub, sum } from './ops';
import { type AdamWSettings, clipScale } from './optimizer';
import { type DeviceTensor, disposeAll, GraphSession, upload } from './runtime';
import { newGraph } from './trace';

/** Numbers of k groups side by side: [k, n]. */
export type ParameterGroups = readonly [k: number, n: number];

type Buffers = Readonly<Record<'parameters' | 'firstMoment' | 'secondMoment', DeviceTensor>>;
export type Numbers = Readonly<Record<keyof Buffers, Float32Array>>;

const names = ['parameters', 'firstMoment', 'secondMoment'] as const;

/**
 * The same AdamW as optimizer.ts, as a graph: parameters and moments [k, n] stay on the device from step to step. Each of the k
 * groups is clipped by itself.
 */
export class DeviceAdamW {
  steps = 0;

  private constructor(
    private readonly device: Device,
    private readonly groups: ParameterGroups,
    private readonly settings: AdamWSettings,
    private readonly session: GraphSession,
    private buffers: Buffers,
  ) {}

  /** `decay` [n]: 1 for a number that is decayed, 0 for one that is not; all are by default. */
  static async create(
    device: Device,
    groups: ParameterGroups,
    settings: AdamWSettings,
    numbers: Numbers,
    decay?: Float32Array,
  ): Promise<DeviceAdamW> {
    const session = await updateSession(device, groups, settings, decay);
    return new DeviceAdamW(device, groups, settings, session, await buffersOf(device, groups, numbers));
  }

  /** [k, n]. */
  get parameters(): DeviceTensor {
    return this.buffers.parameters;
  }

  /**
   * One update with a gradient [k, n], given the norm of each group [k]. A group whose norm is zero (it saw no tokens) or not
   * finite is left as it was.
   */
  async step(gradient: DeviceTensor, norms: Float64Array, learningRate: number): Promise<void> {
    const { beta1, beta2, weightDecay, clipNorm } = this.settings;
    this.steps++;
    const one = (value: number): { data: Float32Array; shape: [number] } => ({
      data: Float32Array.of(value),
      shape: [1],
    });
    const perGroup = (of: (norm: number) => number): { data: Float32Array; shape: [number, number] } => ({
      data: Float32Array.from(norms, of),
      shape: [norms.length, 1],
    });
    const results = await this.session.run({
      ...this.buffers,
      gradient,
      active: perGroup((norm) => (norm > 0 && Number.isFinite(norm) ? 1 : 0)),
      scale: perGroup((norm) => clipScale(norm, clipNorm)),
      rate: one(learningRate / (1 - beta1 ** this.steps)),
      correction: one(Math.sqrt(1 - beta2 ** this.steps)),
      shrink: one(learningRate * weightDecay),
    });
    disposeAll(this.buffers);
    this.buffers = named((name) => results.keptTensor(`next.${name}`));
  }

  async read(): Promise<Numbers> {
    const { parameters, firstMoment, secondMoment } = this.buffers;
    return {
      parameters: await numbersOf(parameters),
      firstMoment: await numbersOf(firstMoment),
      secondMoment: await numbersOf(secondMoment),
    };
  }

  async write(numbers: Numbers): Promise<void> {
    const buffers = await buffersOf(this.device, this.groups, numbers);
    disposeAll(this.buffers);
    this.buffers = buffers;
  }

  async dispose(): Promise<void> {
    disposeAll(this.buffers);
    await this.session.dispose();
  }
}

const rowLength = 1024;

/** The sum of squares of each row of a gradient [k, n]: [k]. In two steps, so that many workers of a GPU take part. */
export function squaredNorms(gradient: Value, [k, n]: ParameterGroups): Value {
  const rows = Math.ceil(n / rowLength);
  const squares = pad(mul(gradient, gradient), 1, 0, rows * rowLength - n);
  return sum(sum(reshape(squares, [k, rows, rowLength]), [2]), [1]);
}

/** Gradients [k, …] of parts of the numbers as one [k, n]. */
export function joinGroups(parts: readonly Value[], k: number): Value {
  const flat = parts.map((part) => reshape(part, [k, part.shape.reduce<number>((n, dim) => n * Number(dim), 1) / k]));
  return concat(flat, 1);
}

function updateSession(
  device: Device,
  [k, n]: ParameterGroups,
  { beta1, beta2, epsilon, weightDecay }: AdamWSettings,
  decay: Float32Array | undefined,
): Promise<GraphSession> {
  const graph = newGraph();
  const input = (name: string, shape: readonly number[]): Value => graph.input(name, 'float32', shape);
  const { parameters, firstMoment, secondMoment } = named((name) => input(name, [k, n]));
  const gradient = mul(input('gradient', [k, n]), input('scale', [k, 1]));
  const average = (old: Value, beta: number, now: Value): Value =>
    add(mul(old, scalar(old, beta)), mul(now, scalar(now, 1 - beta)));
  const m = average(firstMoment, beta1, gradient);
  const v = average(secondMoment, beta2, mul(gradient, gradient));
  const deviation = add(div(sqrt(v), input('correction', [1])), scalar(v, epsilon));
  const change = div(mul(m, input('rate', [1])), deviation);
  const decayed = decay === undefined ? parameters : mul(parameters, graph.constant(decay, [1, n]));
  const kept = weightDecay === 0 ? parameters : sub(parameters, mul(decayed, input('shrink', [1])));
  const active = input('active', [k, 1]);
  const outputs = {
    'next.parameters': select(active, sub(kept, change), parameters),
    'next.firstMoment': select(active, m, firstMoment),
    'next.secondMoment': select(active, v, secondMoment),
  };
  return GraphSession.create(graph, outputs, { device, keep: Object.keys(outputs) });
}

function named<T>(of: (name: (typeof names)[number]) => T): Record<(typeof names)[number], T> {
  return {
    parameters: of('parameters'),
    firstMoment: of('firstMoment'),
    secondMoment: of('secondMoment'),
  };
}

async function buffersOf(device: Device, shape: ParameterGroups, numbers: Numbers): Promise<Buffers> {
  const tensors = await upload(
    device,
    named((name) => ({ data: numbers[name], shape })),
  );
  return named((name) => tensors[name]);
}

async function numbersOf(tensor: DeviceTensor): Promise<Float32Array> {
  const numbers = await tensor.read();
  if (numbers instanceof Float32Array) return numbers;
  throw new Error('a buffer of the optimiser is not float32');
}
