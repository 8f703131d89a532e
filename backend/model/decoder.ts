import type { Dim } from '../tensor/dims';
import type { Graph } from '../tensor/graph';
import { gather, matmul, reshape } from '../tensor/ops';
import { Session, type Tensors } from '../tensor/runtime';
import { newGraph } from '../tensor/trace';
import type { AdapterStack } from './adapter';
import type { KeyValues } from './architectures/architecture';
import { architectureOf } from './architectures/table';
import {
  adapterInputs,
  adapterKey,
  float32,
  frozenWeights,
  int64,
  type LanguageModel,
  parameterFeeds,
} from './language-model';

/** What k experts say after the tokens so far. */
export interface NextToken {
  /** [k, V]. */
  readonly logits: Float32Array;
  /** [k, T, D]: hidden states of the T tokens just read, after the final norm. */
  readonly hidden: Float32Array;
  readonly T: number;
}

/** k experts reading one text together, token by token, with a cache of keys and values. */
export class Decoder {
  /** Tokens read so far. */
  length = 0;
  private cache: Record<string, Tensors>;

  private constructor(
    private readonly session: Session,
    private readonly model: LanguageModel,
    private readonly stack: AdapterStack | undefined,
  ) {
    this.cache = this.emptyCache();
  }

  static async create(model: LanguageModel, stack?: AdapterStack): Promise<Decoder> {
    return new Decoder(await decodingSession(model, stack), model, stack);
  }

  get count(): number {
    return this.stack?.count ?? 1;
  }

  /** How many more tokens the model has positions for. */
  get room(): number {
    return this.model.config.maxPositions - this.length;
  }

  /** Reads tokens after those read before. Throws RangeError where they do not fit the model's positions. */
  async read(tokens: ArrayLike<number>): Promise<NextToken> {
    const T = tokens.length;
    if (T === 0 || T > this.room) throw new RangeError(`${T} tokens after ${this.length} do not fit the model`);
    const k = this.count;
    const ids = Int32Array.from({ length: k * T }, (_, i) => tokens[i % T]);
    const results = await this.session.run({
      ...(this.stack === undefined ? {} : parameterFeeds(this.stack.parameters)),
      ...this.cache,
      ids: int64(ids, [k, 1, T]),
      offset: int64([this.length], [1]),
      last: int64(
        Int32Array.from({ length: k }, (_, e) => e * T + T - 1),
        [k],
      ),
    });
    this.length += T;
    this.cache = Object.fromEntries(
      Object.keys(this.cache).map((name) => [name, this.cached(float32(results, name.replace('past', 'present')))]),
    );
    return { logits: float32(results, 'logits'), hidden: float32(results, 'hidden'), T };
  }

  private cached(data: Float32Array): Tensors {
    const { keyValueHeads, headSize } = this.model.config;
    return { data, shape: [this.count, keyValueHeads, this.length, headSize] };
  }

  private emptyCache(): Record<string, Tensors> {
    const names = Array.from({ length: this.model.config.layers }, (_, layer) => [
      `past.${layer}.keys`,
      `past.${layer}.values`,
    ]);
    return Object.fromEntries(names.flat().map((name) => [name, this.cached(new Float32Array(0))]));
  }
}

function decodingSession(model: LanguageModel, stack: AdapterStack | undefined): Promise<Session> {
  return model.session(`decode ${adapterKey(stack)}`, () => {
    const { config } = model;
    const graph = newGraph();
    const k = stack?.count ?? 1;
    const weight = frozenWeights(model, graph);
    const { adapter } = adapterInputs(graph, stack);
    const ids = graph.input('ids', 'int64', [k, 1, 'T']);
    const past = pastInputs(graph, model, k);
    const offset = graph.input('offset', 'int64', [1]);
    const { hidden, present } = architectureOf(config).trace(graph, config, { ids, weight, adapter, past, offset });
    const rows: Dim = k === 1 ? 'T' : `${k}*T`;
    const last = gather(reshape(hidden, [rows, config.hiddenSize]), graph.input('last', 'int64', [k]));
    const caches = present.flatMap(({ keys, values }, layer) => [
      [`present.${layer}.keys`, keys] as const,
      [`present.${layer}.values`, values] as const,
    ]);
    const logits = matmul(last, weight(architectureOf(config).headName(config)), { transB: true });
    const outputs = { logits, hidden, ...Object.fromEntries(caches) };
    return Session.create(graph, outputs, {
      device: model.device,
      threads: model.threads,
      weightsFolder: model.weightsFolder,
    });
  });
}

function pastInputs(graph: Graph, { config }: LanguageModel, k: number): KeyValues[] {
  const shape = [k, config.keyValueHeads, 'P', config.headSize];
  return Array.from({ length: config.layers }, (_, layer) => ({
    keys: graph.input(`past.${layer}.keys`, 'float32', shape),
    values: graph.input(`past.${layer}.values`, 'float32', shape),
  }));
}
