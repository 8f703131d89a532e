import { availableParallelism } from 'node:os';
import { gradients } from '../../tensor/gradients';
import type { Graph, Value } from '../../tensor/graph';
import { crossEntropy, linearCrossEntropy, matmul, reshape } from '../../tensor/ops';
import { multiplyDims } from '../../tensor/dims';
import type { AdamWSettings } from '../../tensor/optimizer';
import { GraphSession, type GraphSessionOptions, type Tensors } from '../../tensor/runtime';
import { newGraph } from '../../tensor/trace';
import { noTokens, type TokenCount } from '../../base/progress';
import type { AdapterStack } from '../adapters/adapter';
import type { ModelInputs } from '../architectures/architecture';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import { adaptersFrom, float32, frozenWeights, int64, type LanguageModel } from '../language-model';
import { createOptimizer, type Optimizer, type OptimizerState } from './optimizer';
import type { ParameterPlace, Parameters } from '../architectures/parameters';
import { planStep, type Recompute, type StepPlan } from './step-plan';

/** k sets of B texts of T + 1 tokens each, and a weight for each predicted token. */
export interface TrainingBatch {
  /** [k, B, T + 1]. */
  readonly tokens: Int32Array;
  readonly k: number;
  readonly B: number;
  readonly T: number;
  /** [k, B, T]: 1 for a token that counts, 0 for padding; all ones by default. */
  readonly weights?: Float32Array;
  /** [k, B, T, D]: what leaves the frozen layers below, for a step that was made without them. */
  readonly stream?: Float32Array;
}

export interface StepResult {
  /** Mean nats per token of each of the k experts, before the update. */
  readonly losses: Float64Array;
  /** Gradient norm of each expert, before clipping. */
  readonly norms: Float64Array;
}

export interface TrainStepOptions extends Pick<GraphSessionOptions, 'device' | 'threads' | 'prepack'> {
  readonly optimizer: AdamWSettings;
  /** The batches that the graph is made for; others work as well, if their texts are not much shorter. */
  readonly batch?: Pick<TrainingBatch, 'B' | 'T'>;
  /** Parts in which the loss is computed, so that not all logits exist at once. With 1, a trained head keeps its logits. */
  readonly lossChunks?: number;
  readonly recompute?: Recompute;
  /** Frozen layers below that are left out: a batch has the stream that leaves them (frozen-layers.ts). */
  readonly frozenLayers?: number;
}

/** Forward, backward and AdamW for k adapters on one frozen base, or for all weights of a model. */
export class TrainStep {
  private constructor(
    private readonly session: GraphSession,
    private readonly optimizer: Optimizer,
    private readonly plan: StepPlan,
    private readonly readsStream: boolean,
    private readonly counted: TokenCount,
  ) {}

  /** Trains the adapters of a stack; the base stays as it is. `fetch` brings what was learned into the stack. */
  static async adapters(model: LanguageModel, stack: AdapterStack, options: TrainStepOptions): Promise<TrainStep> {
    const { device, weightsFolder } = model;
    const { prepack = true, threads = model.threads, optimizer: settings, frozenLayers = 0 } = options;
    const rule = { groups: stack.count, decays: () => true, optimizer: settings };
    const optimizer = await createOptimizer(device, stack.parameters, rule);
    const graph = newGraph();
    const trained = optimizer.inputs(graph);
    const weight = frozenWeights(model, graph);
    const parts = { count: stack.count, graph, weight, adapter: adaptersFrom(trained, stack), trained, optimizer };
    const plan = planStep(model.config, { ...options, device, k: stack.count });
    const outputs = traceLoss(model.config, parts, plan, frozenLayers);
    const { keep } = optimizer;
    const how = { device, prepack, threads, weightsFolder, keep, mergeDuplicates: false };
    return new TrainStep(
      await GraphSession.create(graph, outputs, how),
      optimizer,
      plan,
      frozenLayers > 0,
      model.counted,
    );
  }

  /** Trains all weights of a model. Norm weights are not decayed. `fetch` brings what was learned into `parameters`. */
  static async full(config: ModelConfig, parameters: Parameters, options: TrainStepOptions): Promise<TrainStep> {
    const { device = 'cpu', threads = availableParallelism(), optimizer: settings } = options;
    const rule = { groups: 1, decays: ({ shape }: ParameterPlace) => shape.length > 1, optimizer: settings };
    const optimizer = await createOptimizer(device, parameters, rule);
    const graph = newGraph();
    const trained = optimizer.inputs(graph);
    const weight = (name: string): Value => {
      const value = trained.get(name);
      if (value === undefined) throw new Error(`there is no parameter ${name}`);
      return value;
    };
    const plan = planStep(config, { ...options, device, k: 1 });
    const outputs = traceLoss(config, { count: 1, graph, weight, adapter: () => undefined, trained, optimizer }, plan);
    const how = { device, threads, keep: optimizer.keep, mergeDuplicates: false };
    return new TrainStep(await GraphSession.create(graph, outputs, how), optimizer, plan, false, noTokens());
  }

  /** Updates made. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /**
   * One step. `inspect` sees the losses before the update is made, and prevents it by throwing. Throws RangeError for texts
   * much shorter than those that the step was made for.
   */
  async run(batch: TrainingBatch, learningRate: number, inspect?: (losses: Float64Array) => void): Promise<StepResult> {
    const { k, B, T } = batch;
    if (T < this.plan.queryBlocks) throw new RangeError(`texts of ${T} tokens are too short for this step`);
    const { ids, targets, weights, counts } = prepare(batch);
    const results = await this.session.run({
      ...this.optimizer.feeds(),
      ...(this.readsStream ? { stream: streamOf(batch) } : { ids: int64(ids, [k, B, T]) }),
      targets: int64(targets, [k * B * T]),
      weights: { data: weights, shape: [k * B * T] },
      offset: int64([0], [1]),
    });
    try {
      this.counted.trained += k * B * T;
      const nll = float32(results, 'nll');
      const losses = Float64Array.from({ length: k }, (_, e) => {
        let total = 0;
        for (let i = e * B * T; i < (e + 1) * B * T; i++) total += nll[i] * weights[i];
        return counts[e] > 0 ? total : Number.NaN;
      });
      inspect?.(losses);
      return { losses, norms: await this.optimizer.update(results, learningRate) };
    } finally {
      results.dispose();
    }
  }

  /** Brings what was learned into the buffer that is trained; on the processor it is there at once. */
  fetch(): Promise<void> {
    return this.optimizer.fetch();
  }

  /** Parameters and optimiser: all that the next step depends on. The arrays may be the live ones. */
  save(): Promise<OptimizerState> {
    return this.optimizer.save();
  }

  restore(state: OptimizerState): Promise<void> {
    return this.optimizer.restore(state);
  }

  async dispose(): Promise<void> {
    await this.optimizer.dispose();
    await this.session.dispose();
  }
}

interface Trace extends Pick<ModelInputs, 'weight' | 'adapter'> {
  readonly graph: Graph;
  /** Experts trained side by side. */
  readonly count: number;
  readonly trained: ReadonlyMap<string, Value>;
  readonly optimizer: Optimizer;
}

/** Outputs `nll` [k·N], unweighted, and what the optimizer wants of the gradients of all trained parameters. */
function traceLoss(config: ModelConfig, trace: Trace, plan: StepPlan, frozenLayers = 0): Record<string, Value> {
  const { lossChunks, queryBlocks, recomputed } = plan;
  const { graph, count, weight, trained, optimizer } = trace;
  const rows = multiplyDims(count, 'B', 'T');
  const targets = graph.input('targets', 'int64', [rows]);
  const weights = graph.input('weights', 'float32', [rows]);
  const { hidden } = architectureOf(config).trace(graph, config, {
    ...trace,
    input:
      frozenLayers === 0
        ? graph.input('ids', 'int64', [count, 'B', 'T'])
        : graph.input('stream', 'float32', [count, 'B', 'T', config.hiddenSize]),
    layers: { from: frozenLayers, to: config.layers },
    queryBlocks,
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
  const found = gradients(nll, weights, [...trained.values()], recomputed);
  return { nll, ...optimizer.outputs(new Map([...trained.keys()].map((name, i) => [name, found[i]]))) };
}

function streamOf({ stream, k, B, T }: TrainingBatch): Tensors {
  if (stream === undefined) throw new Error('a step without its frozen layers needs the stream that leaves them');
  return { data: stream, shape: [k, B, T, stream.length / (k * B * T)] };
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
