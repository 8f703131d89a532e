/** The only file that knows ONNX Runtime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { availableParallelism } from 'node:os';
import type { Device } from './devices';
import type { Graph, Value } from './graph';
import { toOnnx } from './onnx';

export type TensorData = Float32Array | Float64Array | BigInt64Array;

/** A tensor outside a graph: data in row-major order, used without a copy. */
export interface Tensors {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

export interface SessionOptions {
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
}

/** A compiled graph. Its weights live as long as it does: call `dispose` when done. */
export class Session {
  private constructor(
    private readonly session: InferenceSession,
    private readonly outputs: readonly string[],
  ) {}

  /** Compiles the part of `graph` that the named outputs need. */
  static async create(
    graph: Graph,
    outputs: Readonly<Record<string, Value>>,
    options: SessionOptions = {},
  ): Promise<Session> {
    const { device = 'cpu', threads = availableParallelism(), weightsFolder, prepack = true } = options;
    const model = toOnnx(graph, new Map(Object.entries(outputs)), device);
    const session = await InferenceSession.create(model, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // Shapes vary from batch to batch; a memory plan per shape would only grow.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: {
        session: {
          set_denormal_as_zero: '1',
          disable_prepacking: prepack ? '0' : '1',
          ...(weightsFolder === undefined ? {} : { model_external_initializers_file_folder_path: weightsFolder }),
        },
      },
    });
    return new Session(session, Object.keys(outputs));
  }

  /** Runs the graph. The call blocks the event loop while it computes (a property of ONNX Runtime's Node binding). */
  async run(inputs: Readonly<Record<string, Tensors>>): Promise<Map<string, TensorData>> {
    const feeds: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) {
      const input = inputs[name] as Tensors | undefined;
      if (input === undefined) throw new Error(`the graph's input ${name} was not given`);
      feeds[name] = toTensor(input);
    }
    const results = await this.session.run(feeds);
    return new Map(this.outputs.map((name) => [name, tensorData(results[name], name)]));
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

function toTensor({ data, shape }: Tensors): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  if (data instanceof Float64Array) return new Tensor('float64', data, shape);
  return new Tensor('int64', data, shape);
}

function tensorData(tensor: Tensor, name: string): TensorData {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) return data;
  throw new Error(`the graph's output ${name} has the unexpected type ${tensor.type}`);
}
