import { formatNumber } from '../base/format';
import { basename, join, resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { type Device, deviceLabels } from '../base/device';
import { UserError } from '../base/errors';
import type { Precision, Products } from '../base/precision';
import { noTokens, type TokenCount } from '../base/progress';
import type { DType, Graph, Value } from '../tensor/graph';
import { cast } from '../tensor/ops';
import type { GraphSession, Tensors } from '../tensor/runtime';
import type { ModelInputs } from './architectures/architecture';
import { Chat } from './chat/chat';
import type { ExpertStack, Lane, Sources } from './experts/stack';
import { type ModelConfig, readConfig } from './architectures/config';
import type { Parameters } from './architectures/parameters';
import { Tokenizer } from './tokenizer/tokenizer';
import { matchWeights, type ModelWeights } from './weights/match';
import type { TensorEntry } from './weights/safetensors';
import { type FileEntry, openWeights } from './weights/weight-files';

const dtypes: Readonly<Partial<Record<TensorEntry['dtype'], DType>>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  U8: 'uint8',
};

export interface ModelOptions {
  readonly device?: Device;
  readonly threads?: number;
  readonly name?: string;
  /** Of the frozen weights in decoding, on the processor; all else computes with the weights as they are. */
  readonly precision?: Precision;
  /** How frozen weights multiply many tokens at once, in training and scoring; in 8 bits on the processor alone. */
  readonly products?: Products;
  /** Counts what goes through the model; several models may count together. */
  readonly counted?: TokenCount;
}

/** A base model on disk: configuration, tokenizer, and where its weights lie. Sessions are made from it and kept. */
export class LanguageModel {
  private readonly sessions = new Map<string, Promise<GraphSession>>();

  private constructor(
    readonly folder: string,
    /** What reports call it. */
    readonly name: string,
    readonly config: ModelConfig,
    readonly tokenizer: Tokenizer,
    readonly chat: Chat,
    /** The parameters by their full names, whatever the files call them. */
    readonly weights: ModelWeights,
    readonly device: Device,
    readonly threads: number,
    readonly precision: Precision,
    readonly products: Products,
    readonly counted: TokenCount,
  ) {}

  /**
   * Opens a model folder: `config.json`, the tokenizer's files, and `model.safetensors` or the shards that
   * `model.safetensors.index.json` names. Throws UserError where something is missing, truncated, or does not fit together.
   */
  static async open(
    folder: string,
    {
      device = 'cpu',
      threads = availableParallelism(),
      name = basename(resolve(folder)),
      precision = 'full',
      products = 'full',
      counted = noTokens(),
    }: ModelOptions = {},
  ): Promise<LanguageModel> {
    if (precision !== 'full' && device !== 'cpu') {
      throw new UserError(
        `Weights in ${precision === 'int8' ? 8 : 4} bits are for the processor, and this model is to run on ${deviceLabels[device]}.`,
        'Ask with full weights, or on the processor.',
      );
    }
    if (products !== 'full' && device !== 'cpu') {
      throw new UserError(
        `8-bit products are for the processor, and this model is to run on ${deviceLabels[device]}.`,
        'Leave out --precision, or compute with --device cpu.',
      );
    }
    const path = resolve(folder);
    const given = await readConfig(join(path, 'config.json'));
    const { config, weights } = await matchWeights(await openWeights(path), given, path);
    const tokenizer = await Tokenizer.open(path, config);
    const chat = await Chat.open(path, tokenizer);
    return new LanguageModel(
      path,
      name,
      config,
      tokenizer,
      chat,
      weights,
      device,
      threads,
      precision,
      products,
      counted,
    );
  }

  /** Number of weights. */
  get size(): number {
    return [...this.weights.entries.values()].reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0);
  }

  /** The folder in which ONNX Runtime finds the files of the weights. */
  get weightsFolder(): string {
    return this.weights.folder;
  }

  /** A frozen weight in a graph, as float32: read by ONNX Runtime from the model's own file. */
  weight(graph: Graph, name: string): Value {
    const entry = this.weights.entries.get(name);
    if (entry === undefined) throw new Error(`the model has no weight ${name}`);
    return weightInput(graph, name, entry);
  }

  /**
   * A model of its own that ends after the first so many layers, with the same norm and head. Throws UserError where there are
   * fewer.
   */
  firstLayers(layers: number): LanguageModel {
    if (layers > this.config.layers) {
      throw new UserError(
        `${this.name} has ${formatNumber(this.config.layers, 'layer')}, not ${layers}.`,
        `Ask for ${this.config.layers} or fewer.`,
      );
    }
    const { folder, name, tokenizer, chat, weights, device, threads, precision, products, counted } = this;
    const config = { ...this.config, layers };
    return new LanguageModel(
      folder,
      name,
      config,
      tokenizer,
      chat,
      weights,
      device,
      threads,
      precision,
      products,
      counted,
    );
  }

  /** The compiled graph of that name, made on first use. */
  session(key: string, make: () => Promise<GraphSession>): Promise<GraphSession> {
    const known = this.sessions.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.sessions.set(key, made);
    return made;
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).dispose();
    this.sessions.clear();
  }
}

/** A tensor of a safetensors file in a graph, halves as float32. */
export function weightInput(graph: Graph, name: string, { file, dtype, shape, offset, length }: FileEntry): Value {
  const type = dtypes[dtype];
  if (type === undefined) throw new Error(`${name} is ${dtype}, which no graph reads`);
  const value = graph.weight(name, { dtype: type, shape }, { file, offset, length });
  return type === 'float16' || type === 'bfloat16' ? cast(value, 'float32') : value;
}

/** The frozen weights of a model as a graph's source of weights, each made once. */
export function frozenWeights(model: LanguageModel, graph: Graph): ModelInputs['weight'] {
  const made = new Map<string, Value>();
  return (name) => {
    const value = made.get(name) ?? model.weight(graph, name);
    made.set(name, value);
    return value;
  };
}

/** Parameters as inputs of a graph, by name. */
export function parameterInputs(graph: Graph, parameters: Parameters): Map<string, Value> {
  return new Map(parameters.places.map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]));
}

/** Parameters as data for a run, by name, without a copy. */
export function parameterFeeds(parameters: Parameters): Record<string, Tensors> {
  return Object.fromEntries(parameters.places.map(({ name, shape }) => [name, { data: parameters.view(name), shape }]));
}

/** The base model's frozen weights as a graph's source of all. */
export function baseSources(model: LanguageModel, graph: Graph): Sources {
  return { weight: frozenWeights(model, graph), adapter: () => undefined };
}

/** The same for a graph that reads many tokens at once. */
export function batchSources(model: LanguageModel, graph: Graph): Sources {
  return { ...baseSources(model, graph), int8: model.products === 'int8' };
}

/** Where a graph takes its weights from that reads with the experts of a lane, or with the base model alone. */
export function laneSources(graph: Graph, lane: Lane | undefined, base: Sources): Sources {
  return lane === undefined ? base : lane.sources(parameterInputs(graph, lane.parameters), base);
}

/** What is a lane's own, as data for a run. */
export function laneFeeds(lane: Lane | undefined): Record<string, Tensors> {
  return lane === undefined ? {} : parameterFeeds(lane.parameters);
}

/** What makes two lanes run through the same compiled graph. */
export function laneKey(lane: Lane | undefined): string {
  return lane?.key ?? 'base';
}

/** What makes two stacks run through the same compiled graphs. */
export function stackKey(stack: ExpertStack | undefined): string {
  return [...new Set((stack?.lanes ?? [undefined]).map(laneKey))].join(' beside ');
}

/** Runs of one length each for a lane, side by side as for one stack. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** int64 data for a run. */
export function int64(values: ArrayLike<number>, shape: readonly number[]): Tensors {
  const data = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]);
  return { data, shape };
}

/** A run's float32 output; throws where the graph gave something else. */
export function float32(results: ReadonlyMap<string, unknown>, name: string): Float32Array {
  const data = results.get(name);
  if (!(data instanceof Float32Array)) throw new Error(`the graph's output ${name} is not float32`);
  return data;
}
