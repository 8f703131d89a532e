import type { State } from '../protocol/checkpoint';
import { gradients } from '../tensor/gradients';
import type { Graph, Value } from '../tensor/graph';
import { crossEntropy, linearCrossEntropy, matmul, reshape } from '../tensor/ops';
import { multiplyDims } from '../tensor/dims';
import { AdamW, type AdamWSettings, type Segment } from '../tensor/optimizer';
import { Session, type SessionOptions } from '../tensor/runtime';
import { newGraph } from '../tensor/trace';
import type { AdapterStack } from './adapter';
import type { ModelInputs } from './architectures/architecture';
import { architectureOf } from './architectures/table';
import type { ModelConfig } from './config';
import {
  adapterInputs,
  float32,
  frozenWeights,
  int64,
  type LanguageModel,
  parameterFeeds,
  parameterInputs,
} from './language-model';
import { meter } from './meter';
import type { Parameters } from './parameters';

/** k sets of B texts of T + 1 tokens each, and a weight for each predicted token. */
export interface TrainingBatch {
  /** [k, B, T + 1]. */
  readonly tokens: Int32Array;
  readonly k: number;
  readonly B: number;
  readonly T: number;
  /** [k, B, T]: 1 for a token that counts, 0 for padding; all ones by default. */
  readonly weights?: Float32Array;
}

export interface StepResult {
  /** Mean nats per token of each of the k experts, before the update. */
  readonly losses: Float64Array;
  /** Gradient norm of each expert, before clipping. */
  readonly norms: Float64Array;
}

export interface TrainStepOptions extends Pick<SessionOptions, 'device' | 'threads' | 'prepack'> {
  readonly optimizer: AdamWSettings;
  /** Parts in which the loss is computed, so that not all logits exist at once. With 1, a trained head keeps its logits. */
  readonly lossChunks?: number;
}

/** Forward, backward and AdamW for k adapters on one frozen base, or for all weights of a model. */
export class TrainStep {
  private constructor(
    private readonly session: Session,
    readonly parameters: Parameters,
    readonly optimizer: AdamW,
  ) {}

  /** Trains the adapters of a stack in place; the base stays as it is. */
  static async adapters(model: LanguageModel, stack: AdapterStack, options: TrainStepOptions): Promise<TrainStep> {
    const graph = newGraph();
    const { inputs, adapter } = adapterInputs(graph, stack);
    const weight = frozenWeights(model, graph);
    const outputs = traceLoss(model.config, { count: stack.count, graph, weight, adapter, trained: inputs }, options);
    const { prepack = true, threads = model.threads } = options;
    const session = await Session.create(graph, outputs, {
      device: model.device,
      prepack,
      threads,
      weightsFolder: model.weightsFolder,
    });
    const segments = stack.parameters.places.flatMap(({ offset, length }) =>
      Array.from({ length: stack.count }, (_, group): Segment => {
        const size = length / stack.count;
        return { offset: offset + group * size, length: size, group, decay: true };
      }),
    );
    return new TrainStep(session, stack.parameters, new AdamW(stack.parameters.data, segments, options.optimizer));
  }

  /** Trains all weights of a model in place. Norm weights are not decayed. */
  static async full(config: ModelConfig, parameters: Parameters, options: TrainStepOptions): Promise<TrainStep> {
    const graph = newGraph();
    const inputs = parameterInputs(graph, parameters);
    const weight = (name: string): Value => {
      const value = inputs.get(name);
      if (value === undefined) throw new Error(`there is no parameter ${name}`);
      return value;
    };
    const model = { count: 1, graph, weight, adapter: () => undefined, trained: inputs };
    const { device = 'cpu', threads } = options;
    const outputs = traceLoss(config, model, options);
    const session = await Session.create(graph, outputs, threads === undefined ? { device } : { device, threads });
    const segments = parameters.places.map(({ offset, length, shape }): Segment => {
      return { offset, length, group: 0, decay: shape.length > 1 };
    });
    return new TrainStep(session, parameters, new AdamW(parameters.data, segments, options.optimizer));
  }

  /** One step. `inspect` sees the losses before the update is made, and prevents it by throwing. */
  async run(batch: TrainingBatch, learningRate: number, inspect?: (losses: Float64Array) => void): Promise<StepResult> {
    const { k, B, T } = batch;
    const { ids, targets, weights, counts } = prepare(batch);
    const results = await this.session.run({
      ...parameterFeeds(this.parameters),
      ids: int64(ids, [k, B, T]),
      targets: int64(targets, [k * B * T]),
      weights: { data: weights, shape: [k * B * T] },
      offset: int64([0], [1]),
    });
    meter.trained += k * B * T;
    const nll = float32(results, 'nll');
    const losses = Float64Array.from({ length: k }, (_, e) => {
      let total = 0;
      for (let i = e * B * T; i < (e + 1) * B * T; i++) total += nll[i] * weights[i];
      return counts[e] > 0 ? total : Number.NaN;
    });
    inspect?.(losses);
    return { losses, norms: this.optimizer.step(this.gradients(results, k), learningRate) };
  }

  /** The gradient of each segment of the optimiser, in its order. */
  private gradients(results: ReadonlyMap<string, unknown>, k: number): Float32Array[] {
    return this.parameters.places.flatMap(({ name, length }) => {
      const gradient = float32(results, `gradient:${name}`);
      const size = length / k;
      return Array.from({ length: k }, (_, e) => gradient.subarray(e * size, (e + 1) * size));
    });
  }

  /** Parameters and optimiser: all that the next step depends on. The arrays are the live ones. */
  save(): State {
    const { firstMoment, secondMoment, steps } = this.optimizer;
    return { parameters: this.parameters.data, firstMoment, secondMoment, steps };
  }

  restore(state: State): void {
    const { parameters, firstMoment, secondMoment, steps } = state as Saved;
    this.parameters.data.set(parameters);
    this.optimizer.firstMoment.set(firstMoment);
    this.optimizer.secondMoment.set(secondMoment);
    this.optimizer.steps = steps;
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}

type Saved = Readonly<Record<'parameters' | 'firstMoment' | 'secondMoment', Float32Array>> & { readonly steps: number };

interface Trace extends Pick<ModelInputs, 'weight' | 'adapter'> {
  readonly graph: Graph;
  /** Experts trained side by side. */
  readonly count: number;
  readonly trained: ReadonlyMap<string, Value>;
}

/** Outputs `nll` [k·N], unweighted, and `gradient:<name>` of every trained parameter. */
function traceLoss(config: ModelConfig, trace: Trace, { lossChunks = 1 }: TrainStepOptions): Record<string, Value> {
  const { graph, count, weight, trained } = trace;
  const ids = graph.input('ids', 'int64', [count, 'B', 'T']);
  const rows = multiplyDims(count, 'B', 'T');
  const targets = graph.input('targets', 'int64', [rows]);
  const weights = graph.input('weights', 'float32', [rows]);
  const { hidden } = architectureOf(config).trace(graph, config, {
    ...trace,
    ids,
    offset: graph.input('offset', 'int64', [1]),
  });
  const flat = reshape(hidden, [rows, config.hiddenSize]);
  const head = weight(architectureOf(config).headName(config));
  // A trained head needs the logits once more for its own gradient: they are kept unless that would be too many.
  const nll =
    trained.has(architectureOf(config).headName(config)) && lossChunks === 1
      ? crossEntropy(matmul(flat, head, { transB: true }), targets)
      : linearCrossEntropy(flat, head, targets, lossChunks);
  // The weights are the gradient of their own weighted sum of losses: experts' gradients never mix.
  const found = gradients(nll, weights, [...trained.values()]);
  const named = [...trained.keys()].map((name, i): [string, Value] => [`gradient:${name}`, found[i]]);
  return { nll, ...Object.fromEntries(named) };
}

/** Inputs, shifted targets, and weights that sum to one for each expert. */
function prepare({ tokens, k, B, T, weights: given }: TrainingBatch): {
  ids: Int32Array;
  targets: Int32Array;
  weights: Float32Array;
  counts: Float64Array;
} {
  const ids = new Int32Array(k * B * T);
  const targets = new Int32Array(k * B * T);
  for (let row = 0; row < k * B; row++) {
    const from = row * (T + 1);
    ids.set(tokens.subarray(from, from + T), row * T);
    targets.set(tokens.subarray(from + 1, from + T + 1), row * T);
  }
  const weights = new Float32Array(k * B * T).fill(1);
  if (given !== undefined) weights.set(given);
  const counts = new Float64Array(k);
  weights.forEach((weight, i) => (counts[Math.floor(i / (B * T))] += weight));
  weights.forEach((weight, i) => (weights[i] = weight / Math.max(1, counts[Math.floor(i / (B * T))])));
  return { ids, targets, weights, counts };
}
