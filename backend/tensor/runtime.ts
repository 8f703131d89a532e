/** The only file that knows ONNX Runtime, which `load-runtime.ts` loads. */
import type * as Runtime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { availableParallelism } from 'node:os';
import type { Device } from '../base/device';
import { environment } from '../base/environment';
import { keepsTensors } from './devices';
import type { DType, Graph, Value } from './graph';
import { loadRuntime } from './load-runtime';
import { toOnnx } from './onnx';
import { cast } from './ops';
import { newGraph } from './trace';

export type TensorData = Float32Array | Float64Array | BigInt64Array;

/** A tensor outside a graph: data in row-major order, used without a copy. */
export interface Tensors {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

export interface GraphSessionOptions {
  readonly device?: Device;
  /** Threads inside an operator; all cores by default. */
  readonly threads?: number;
  /** The folder in which the files of external weights lie. */
  readonly weightsFolder?: string;
  /**
   * Whether constant matrices are repacked once for speed (default) or stay as they lie in their file, which saves one
   * copy per use and costs a few per cent of speed.
   */
  readonly prepack?: boolean;
  /**
   * Whether weights in half precision are made float32 once, when the session is made. On a GPU that has the type they stay
   * as they are by default, and each run widens them where it uses them: half the memory, and more of it moved.
   */
  readonly widen?: boolean;
  /** Whether nodes that compute the same become one (default). Not where results are computed again to save memory. */
  readonly mergeDuplicates?: boolean;
  /** Where ONNX Runtime writes the graph as it will run it, to be looked at. */
  readonly optimizedFile?: string;
  /** Outputs that are left on the device, as `DeviceTensor`s; the others are read. */
  readonly keep?: readonly string[];
}

/**
 * A tensor that lies where its device computes: in the GPU's memory on WebGPU, in this process's elsewhere. It goes from
 * run to run and from session to session without a copy. Whoever was given it disposes of it.
 */
export class DeviceTensor {
  private disposed = false;

  constructor(
    readonly device: Device,
    private readonly tensor: Tensor,
  ) {}

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  /** The numbers: a copy where they lie on a GPU. */
  async read(): Promise<TensorData> {
    const { device, shape } = this;
    if (!keepsTensors(device)) return tensorData(this.on(device), 'kept');
    // Not `getData()`, which ends the whole process on a GPU's buffer (ONNX Runtime 1.30).
    const session = await passage(device, shape.length, 'out');
    return (await session.run({ x: this })).get('y') ?? new Float32Array(0);
  }

  dispose(): void {
    if (!this.disposed) this.tensor.dispose();
    this.disposed = true;
  }

  /** For a session on `device`. Throws where it lies elsewhere or is no more: ONNX Runtime would end the process. */
  on(device: Device): Tensor {
    if (this.disposed) throw new Error('a tensor is used that was disposed of');
    if (device !== this.device) throw new Error(`a tensor on ${this.device} is given to a session on ${device}`);
    return this.tensor;
  }
}

/** Tensors on one device, by the names of a graph's inputs. */
export type OnDevice = Readonly<Record<string, DeviceTensor>>;

/** Puts tensors on a device; where that is this process's memory, without a copy. */
export async function upload(device: Device, tensors: Readonly<Record<string, Tensors>>): Promise<OnDevice> {
  const put = async (tensor: Tensors): Promise<DeviceTensor> => {
    if (!keepsTensors(device)) return new DeviceTensor(device, toTensor(await openRuntime(device), tensor));
    const session = await passage(device, tensor.shape.length, 'in');
    return (await session.run({ x: tensor })).keptTensor('y');
  };
  const result: Record<string, DeviceTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) result[name] = await put(tensor);
  return result;
}

export function disposeAll(tensors: OnDevice): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/** What a run gave: the outputs that were read, by name, and those that stayed on the device. */
export class Results extends Map<string, TensorData> {
  readonly kept = new Map<string, DeviceTensor>();

  /** An output that stayed on the device. */
  keptTensor(name: string): DeviceTensor {
    const tensor = this.kept.get(name);
    if (tensor === undefined) throw new Error(`the graph's output ${name} did not stay on the device`);
    return tensor;
  }

  /** The same for whoever keeps it and disposes of it. */
  takeTensor(name: string): DeviceTensor {
    const tensor = this.keptTensor(name);
    this.kept.delete(name);
    return tensor;
  }

  /** Lets go of what stayed on the device. */
  dispose(): void {
    for (const tensor of this.kept.values()) tensor.dispose();
  }
}

/**
 * Beginning of the names of files in which ONNX Runtime tells which provider computed which node of the sessions that were to
 * run on a GPU: how the tests know that nothing was moved to the processor.
 */
const profile = environment().POLYMATH_PROFILE;
const profiled = new Set<InferenceSession>();
process.once('exit', () => profiled.forEach((session) => session.endProfiling()));

/** A compiled graph. Its weights live as long as it does: call `dispose` when done. */
export class GraphSession {
  private constructor(
    private readonly runtime: typeof Runtime,
    private readonly session: InferenceSession,
    private readonly outputs: readonly string[],
    private readonly device: Device,
    private readonly keep: ReadonlySet<string>,
  ) {}

  /** Compiles the part of `graph` that the named outputs need. */
  static async create(
    graph: Graph,
    outputs: Readonly<Record<string, Value>>,
    options: GraphSessionOptions = {},
  ): Promise<GraphSession> {
    const { device = 'cpu', keep = [] } = options;
    const model = toOnnx(graph, new Map(Object.entries(outputs)), device);
    const runtime = await openRuntime(device);
    const profiling =
      profile === undefined || device === 'cpu' ? undefined : { enableProfiling: true, profileFilePrefix: profile };
    const fold = options.widen === true || !(await keepsHalf(device, graph));
    const given = { ...sessionOptions(device, options, fold), ...profiling };
    const session = await runtime.InferenceSession.create(model, given);
    if (profiling !== undefined) profiled.add(session);
    return new GraphSession(runtime, session, Object.keys(outputs), device, new Set(keep));
  }

  /** Runs the graph. The call blocks the event loop while it computes (a property of ONNX Runtime's Node binding). */
  async run(inputs: Readonly<Record<string, Tensors | DeviceTensor>>): Promise<Results> {
    const feeds: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) {
      const input = inputs[name] as Tensors | DeviceTensor | undefined;
      if (input === undefined) throw new Error(`the graph's input ${name} was not given`);
      feeds[name] = input instanceof DeviceTensor ? input.on(this.device) : toTensor(this.runtime, input);
    }
    const outputs = await this.session.run(feeds);
    const results = new Results();
    for (const name of this.outputs) {
      if (this.keep.has(name)) results.kept.set(name, new DeviceTensor(this.device, outputs[name]));
      else results.set(name, tensorData(outputs[name], name));
    }
    return results;
  }

  async dispose(): Promise<void> {
    if (profiled.delete(this.session)) this.session.endProfiling();
    await this.session.release();
  }
}

function sessionOptions(device: Device, options: GraphSessionOptions, fold = true): InferenceSession.SessionOptions {
  const { threads = availableParallelism(), weightsFolder, optimizedFile, keep = [] } = options;
  const { prepack = true, mergeDuplicates = true } = options;
  const stays = keepsTensors(device) ? keep : [];
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Shapes vary from batch to batch; a memory plan per shape would only grow.
    enableMemPattern: false,
    ...(optimizedFile === undefined ? {} : { optimizedModelFilePath: optimizedFile }),
    logSeverityLevel: 3,
    preferredOutputLocation: Object.fromEntries(stays.map((name) => [name, 'gpu-buffer'])),
    extra: {
      optimization: { disable_specified_optimizers: disabledOptimizers(mergeDuplicates, fold) },
      session: {
        set_denormal_as_zero: '1',
        disable_prepacking: prepack ? '0' : '1',
        ...(weightsFolder === undefined ? {} : { model_external_initializers_file_folder_path: weightsFolder }),
      },
    },
  };
}

/** What is computed from constants alone, such as the cast of a weight, is computed once where constants are folded, else in each run. */
function disabledOptimizers(mergeDuplicates: boolean, fold: boolean): string {
  return [...(mergeDuplicates ? [] : ['CommonSubexpressionElimination']), ...(fold ? [] : ['ConstantFolding'])].join(
    ';',
  );
}

let anchor: Promise<InferenceSession> | undefined;

/**
 * ONNX Runtime, ready for sessions on a device. With its last session a GPU's tensors would be gone, and the shaders compiled
 * so far: so one small session lives as long as the process.
 */
async function openRuntime(device: Device): Promise<typeof Runtime> {
  const runtime = await loadRuntime();
  if (keepsTensors(device)) {
    await (anchor ??= runtime.InferenceSession.create(toOnnx(...passageGraph(1), device), sessionOptions(device, {})));
  }
  return runtime;
}

/**
 * Whether a session leaves weights in half precision. Not on the processor, which would widen them anew in each run; not those
 * in bfloat16, which no GPU's provider reads.
 */
async function keepsHalf(device: Device, graph: Graph): Promise<boolean> {
  if (device === 'cpu' || device === 'coreml') return false;
  const weights = graph.nodes.flatMap(({ inputs }) => inputs).filter(({ source }) => source.kind === 'weight');
  const has = (dtype: DType): boolean => weights.some((weight) => weight.dtype === dtype);
  return has('float16') && !has('bfloat16') && (device !== 'webgpu' || computesHalf());
}

let half: Promise<boolean> | undefined;

/** Whether the GPU has the type float16, which WebGPU leaves to the hardware and its driver. */
export function computesHalf(): Promise<boolean> {
  const test = async (): Promise<boolean> => {
    const graph = newGraph();
    const y = cast(graph.input('x', 'float16', [1]), 'float32');
    const runtime = await openRuntime('webgpu');
    // The refusal is expected, and no news for the user.
    const options = { ...sessionOptions('webgpu', {}), logSeverityLevel: 4 as const };
    const session = await runtime.InferenceSession.create(toOnnx(graph, new Map([['y', y]]), 'webgpu'), options);
    try {
      await session.run({ x: new runtime.Tensor('float16', Uint16Array.of(0x3c00), [1]) });
      return true;
    } catch {
      return false;
    } finally {
      await session.release();
    }
  };
  return (half ??= test());
}

const passages = new Map<string, Promise<GraphSession>>();

/** A session that hands its input `x` on as `y`: into the memory of a device, or out of it. */
function passage(device: Device, rank: number, way: 'in' | 'out'): Promise<GraphSession> {
  const key = `${device} ${rank} ${way}`;
  const [graph, outputs] = passageGraph(rank);
  const options = { device, keep: way === 'in' ? ['y'] : [] };
  const session = passages.get(key) ?? GraphSession.create(graph, Object.fromEntries(outputs), options);
  passages.set(key, session);
  return session;
}

function passageGraph(rank: number): [Graph, Map<string, Value>] {
  const graph = newGraph();
  const shape = Array.from({ length: rank }, (_, axis) => `D${axis}`);
  return [graph, new Map([['y', graph.input('x', 'float32', shape)]])];
}

function toTensor(runtime: typeof Runtime, { data, shape }: Tensors): Tensor {
  if (data instanceof Float32Array) return new runtime.Tensor('float32', data, shape);
  if (data instanceof Float64Array) return new runtime.Tensor('float64', data, shape);
  return new runtime.Tensor('int64', data, shape);
}

function tensorData(tensor: Tensor, name: string): TensorData {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) return data;
  throw new Error(`the graph's output ${name} has the unexpected type ${tensor.type}`);
}
