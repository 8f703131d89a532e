import { availableParallelism } from 'node:os';
import { GraphSession, type GraphSessionOptions, type Results, type Tensors } from '../../tensor/runtime';
import { newGraph } from '../../tensor/trace';
import type { Device } from '../../base/device';
import { noTokens, type TokenCount } from '../../base/progress';
import type { ModelConfig } from '../architectures/config';
import { FullExpert } from '../experts/full';
import type { BaseSources, ExpertStack, Lane, Sources } from '../experts/stack';
import { batchSources, float32, int64, joined, type LanguageModel } from '../language-model';
import { type Dropout, dropoutMasks, withDropout } from './dropout';
import { createOptimizer, type Optimizer, type OptimizerSettings, type OptimizerState } from './optimizer';
import type { ParameterPlace, Parameters } from '../architectures/parameters';
import { planStep, type Recompute, type StepPlan } from './step-plan';
import { shifted, traceLoss } from './traced-loss';

/** k sets of B texts of T + 1 tokens each, and a weight for each predicted token. */
export interface TrainingBatch {
  /** [k, B, T + 1]. */
  readonly tokens: Int32Array;
  readonly k: number;
  readonly B: number;
  readonly T: number;
  /** [k, B, T]: 1 for a token that counts, 0 for one that does not; all ones by default. */
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
  readonly optimizer: OptimizerSettings;
  /** Parts that a batch is cut into, of so many rows each; their gradients together make one update. */
  readonly accumulation?: number;
  /** Of what adapters read. */
  readonly dropout?: Dropout;
  /** The batches that the graph is made for, a part of each where gradients are accumulated; others work as well, if their texts are not much shorter. */
  readonly batch?: Pick<TrainingBatch, 'B' | 'T'>;
  /** Parts in which the loss is computed, so that not all logits exist at once. With 1, a trained head keeps its logits. */
  readonly lossChunks?: number;
  readonly recompute?: Recompute;
  /** Frozen layers below that are left out: a batch has the stream that leaves them (frozen-layers.ts). */
  readonly frozenLayers?: number;
}

type WeightedBatch = TrainingBatch & { readonly weights: Float32Array };
type MasksOfPart = (place: {
  readonly step: number;
  readonly part: number;
  readonly rows: number;
}) => Record<string, Tensors>;

/** The experts of one lane in training. */
interface TrainedLane {
  readonly session: GraphSession;
  readonly optimizer: Optimizer;
  readonly count: number;
  readonly masks: MasksOfPart;
}

/** What a step computes with. */
interface Ground extends Pick<GraphSessionOptions, 'prepack' | 'weightsFolder'> {
  readonly config: ModelConfig;
  readonly device: Device;
  readonly threads: number;
  readonly counted: TokenCount;
  readonly base: BaseSources;
}

/** Forward, backward and AdamW for k experts: adapters on one frozen base together, experts with weights of their own one by one. */
export class TrainStep {
  private constructor(
    private readonly lanes: readonly TrainedLane[],
    private readonly plan: StepPlan,
    private readonly parts: number,
    private readonly fedStream: boolean,
    private readonly counted: TokenCount,
  ) {}

  /** Trains the experts of a stack; the base stays as it is. `fetch` brings what was learned into the stack. */
  static experts(model: LanguageModel, stack: ExpertStack, options: TrainStepOptions): Promise<TrainStep> {
    const { config, device, weightsFolder, counted } = model;
    const { prepack = true, threads = model.threads } = options;
    const base: BaseSources = (graph) => batchSources(model, graph);
    return TrainStep.create({ config, device, threads, prepack, weightsFolder, counted, base }, stack.lanes, options);
  }

  /** Trains all weights of a model that has no files. `fetch` brings what was learned into `parameters`. */
  static full(config: ModelConfig, parameters: Parameters, options: TrainStepOptions): Promise<TrainStep> {
    const { device = 'cpu', threads = availableParallelism() } = options;
    const ground = { config, device, threads, counted: noTokens(), base: () => noBase };
    return TrainStep.create(ground, [new FullExpert(config, parameters)], options);
  }

  private static async create(ground: Ground, lanes: readonly Lane[], options: TrainStepOptions): Promise<TrainStep> {
    const { frozenLayers = 0, dropout, accumulation = 1, optimizer: settings } = options;
    const { device, threads } = ground;
    const sessions = new Map<string, GraphSession>();
    const made: TrainedLane[] = [];
    for (const lane of lanes) {
      const { count, key } = lane;
      const decays = (place: ParameterPlace): boolean => lane.decays(place);
      const rule = { groups: count, decays, optimizer: settings, threads, accumulates: accumulation > 1 };
      const optimizer = await createOptimizer(device, lane.parameters, rule);
      const session = sessions.get(key) ?? (await laneSession(ground, lane, optimizer, options));
      sessions.set(key, session);
      const masks: MasksOfPart = (place) => (dropout === undefined ? {} : dropoutMasks(lane, dropout, place));
      made.push({ session, optimizer, count, masks });
    }
    const { config } = ground;
    const plan = planStep(config, { ...options, device, k: 1 });
    return new TrainStep(made, plan, accumulation, frozenLayers > 0, ground.counted);
  }

  /** Updates made. */
  get steps(): number {
    return this.lanes[0].optimizer.steps;
  }

  /**
   * One step. `inspect` sees the losses before the update is made, and prevents it by throwing. Throws RangeError for texts
   * much shorter than those that the step was made for.
   */
  async run(batch: TrainingBatch, learningRate: number, inspect?: (losses: Float64Array) => void): Promise<StepResult> {
    const { k, B, T } = batch;
    if (T < this.plan.queryBlocks) throw new RangeError(`texts of ${T} tokens are too short for this step`);
    if (B % this.parts !== 0) throw new RangeError(`${B} rows cannot be cut into ${this.parts} parts`);
    const { counts, weights } = normalised(batch);
    const losses = new Float64Array(k).map((_, e) => (counts[e] > 0 ? 0 : Number.NaN));
    for (const [part, micro] of cut({ ...batch, weights }, this.parts).entries()) {
      const results: Results[] = [];
      try {
        for (const [i, own] of this.byLane(micro).entries()) {
          results.push(await this.compute(this.lanes[i], own, part));
        }
        this.counted.trained += k * micro.B * T;
        const nll = joined(results.map((result) => float32(result, 'nll')));
        weightedSums(nll, micro).forEach((sum, e) => (losses[e] += sum));
        if (part < this.parts - 1) this.lanes.forEach(({ optimizer }, i) => optimizer.gather(results[i]));
        else {
          inspect?.(losses);
          return { losses, norms: await this.update(results, learningRate) };
        }
      } finally {
        for (const result of results) result.dispose();
      }
    }
    throw new RangeError('a batch has one part at least');
  }

  /** A batch lane by lane, without a copy. */
  private byLane(batch: WeightedBatch): WeightedBatch[] {
    const { k, tokens, weights, stream } = batch;
    let first = 0;
    return this.lanes.map(({ count }) => {
      const own = <A extends Int32Array | Float32Array>(all: A): A => {
        const width = all.length / k;
        return all.subarray(first * width, (first + count) * width) as A;
      };
      const lane = {
        ...batch,
        k: count,
        tokens: own(tokens),
        weights: own(weights),
        ...(stream && { stream: own(stream) }),
      };
      first += count;
      return lane;
    });
  }

  private compute({ session, optimizer, masks }: TrainedLane, batch: WeightedBatch, part: number): Promise<Results> {
    const { k, B, T } = batch;
    const { ids, targets } = shifted(batch);
    return session.run({
      ...optimizer.feeds(),
      ...masks({ step: this.steps, part, rows: B * T }),
      ...(this.fedStream ? { stream: streamOf(batch) } : { ids: int64(ids, [k, B, T]) }),
      targets: int64(targets, [k * B * T]),
      weights: { data: batch.weights, shape: [k * B * T] },
      offset: int64([0], [1]),
    });
  }

  /** One update of all. Returns the gradient norm of each expert before clipping. */
  private async update(results: readonly Results[], learningRate: number): Promise<Float64Array> {
    const norms: number[] = [];
    for (const [i, { optimizer }] of this.lanes.entries()) {
      norms.push(...(await optimizer.update(results[i], learningRate)));
    }
    return Float64Array.from(norms);
  }

  /** Brings what was learned into the buffers that are trained; on the processor it is there at once. */
  async fetch(): Promise<void> {
    for (const { optimizer } of this.lanes) await optimizer.fetch();
  }

  /** Parameters and optimiser of each lane: all that the next step depends on. The arrays may be the live ones. */
  save(): Promise<OptimizerState[]> {
    return Promise.all(this.lanes.map(({ optimizer }) => optimizer.save()));
  }

  async restore(states: readonly OptimizerState[]): Promise<void> {
    for (const [i, { optimizer }] of this.lanes.entries()) await optimizer.restore(states[i]);
  }

  async dispose(): Promise<void> {
    for (const { optimizer } of this.lanes) await optimizer.dispose();
    for (const session of new Set(this.lanes.map((lane) => lane.session))) await session.dispose();
  }
}

const noBase: Sources = {
  weight: (name) => {
    throw new Error(`there is no file that holds ${name}`);
  },
  adapter: () => undefined,
};

/** The graph of one lane's step; another lane of the same key runs through it with an optimizer of its own. */
function laneSession(
  { config, device, threads, prepack, weightsFolder, base }: Ground,
  lane: Lane,
  optimizer: Optimizer,
  options: TrainStepOptions,
): Promise<GraphSession> {
  const graph = newGraph();
  const trained = optimizer.inputs(graph);
  const plain = lane.sources(trained, base(graph));
  const sources =
    options.dropout === undefined ? plain : { ...plain, adapter: withDropout(graph, plain.adapter, lane) };
  const plan = planStep(config, { ...options, device, k: lane.count });
  const { nll, found } = traceLoss(
    config,
    { count: lane.count, graph, ...sources, trained },
    plan,
    options.frozenLayers,
  );
  const outputs = { nll, ...optimizer.outputs(found) };
  const how = { device, threads, ...(prepack !== undefined && { prepack }), ...(weightsFolder && { weightsFolder }) };
  return GraphSession.create(graph, outputs, { ...how, keep: optimizer.keep, mergeDuplicates: false });
}

function streamOf({ stream, k, B, T }: TrainingBatch): Tensors {
  if (stream === undefined) throw new Error('a step without its frozen layers needs the stream that leaves them');
  return { data: stream, shape: [k, B, T, stream.length / (k * B * T)] };
}

/** Weights that sum to one for each expert over the whole batch, and what they summed to before. */
function normalised({ k, B, T, weights: given }: TrainingBatch): { weights: Float32Array; counts: Float64Array } {
  const weights = new Float32Array(k * B * T).fill(1);
  if (given !== undefined) weights.set(given);
  const expert = (i: number): number => Math.floor(i / (B * T));
  const counts = new Float64Array(k);
  weights.forEach((weight, i) => (counts[expert(i)] += weight));
  weights.forEach((weight, i) => (weights[i] = weight / Math.max(1, counts[expert(i)])));
  return { weights, counts };
}

/** A batch in parts of as many rows each, one after another. */
function cut(batch: WeightedBatch, parts: number): WeightedBatch[] {
  if (parts === 1) return [batch];
  const { k, B, T, tokens, weights, stream } = batch;
  const rows = B / parts;
  return Array.from({ length: parts }, (_, part): WeightedBatch => {
    const ofPart = <A extends Int32Array | Float32Array>(all: A, result: A): A => {
      const width = all.length / (k * B);
      for (let e = 0; e < k; e++) {
        const from = (e * B + part * rows) * width;
        result.set(all.subarray(from, from + rows * width), e * rows * width);
      }
      return result;
    };
    return {
      k,
      B: rows,
      T,
      tokens: ofPart(tokens, new Int32Array(tokens.length / parts)),
      weights: ofPart(weights, new Float32Array(weights.length / parts)),
      ...(stream && { stream: ofPart(stream, new Float32Array(stream.length / parts)) }),
    };
  });
}

/** Of each expert the sum of weight times loss: [k]. */
function weightedSums(nll: Float32Array, { k, B, T, weights }: WeightedBatch): Float64Array {
  const sums = new Float64Array(k);
  for (let i = 0; i < k * B * T; i++) sums[Math.floor(i / (B * T))] += nll[i] * weights[i];
  return sums;
}
