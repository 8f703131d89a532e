import type { Precision } from '../../base/precision';
import { keepsTensors } from '../../tensor/devices';
import type { Dim } from '../../tensor/dims';
import type { Value } from '../../tensor/graph';
import { gather, matmul, quantizedMatmul, reshape, streamedMatmul } from '../../tensor/ops';
import { disposeAll, type OnDevice, GraphSession, type Results, upload } from '../../tensor/runtime';
import { newGraph } from '../../tensor/trace';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import type { ExpertStack, Lane, Sources } from '../experts/stack';
import {
  baseSources,
  float32,
  int64,
  joined,
  laneFeeds,
  laneKey,
  type LanguageModel,
  laneSources,
} from '../language-model';
import { quantizedInputs, quantizedModel } from '../weights/quantized';
import { type Filters, filtersOf, joinedFeeds, joinedLayers, joinsLayers, readsFromMemory } from './joined-layers';
import { type Cache, cacheInputs, cacheOutputs, emptyCache } from './cache';

/** What k experts say after the tokens so far. */
export interface NextToken {
  /** [k, R, V]: after the last of the T tokens just read, or after each of them. */
  readonly logits: Float32Array;
  /** R: 1, or T. */
  readonly rows: number;
  /** [k, T, D]: hidden states of the T tokens just read, after the final norm. */
  readonly hidden: Float32Array;
  readonly T: number;
}

/** The experts of one lane reading: what is their own, and their keys and values, on the model's device. */
interface ReadingLane {
  readonly session: GraphSession;
  readonly count: number;
  readonly own: OnDevice;
  readonly cache: Cache;
}

export interface DecoderOptions {
  /** Of the base's weights, where it is not to be the model's. */
  readonly precision?: Precision;
  /**
   * Whether several experts write a text: a few rows at a time are then to be fast where weights are read from memory, though it takes
   * memory and time to make ready for it, and prompts are read no faster.
   */
  readonly fewRows?: boolean;
}

/** k experts reading one text together, token by token. Call `dispose` when done. */
export class Decoder {
  /** Tokens read so far. */
  length = 0;

  private constructor(
    private readonly model: LanguageModel,
    private readonly lanes: readonly ReadingLane[],
  ) {}

  static async create(
    model: LanguageModel,
    stack?: ExpertStack,
    { precision = model.precision, fewRows = false }: DecoderOptions = {},
  ): Promise<Decoder> {
    const { device } = model;
    const lanes = (stack?.lanes ?? [undefined]).map(async (lane): Promise<ReadingLane> => {
      const session = await decodingSession(model, lane, { precision, fewRows });
      const count = lane?.count ?? 1;
      const own = await upload(device, joinsLayers(model, lane) ? joinedFeeds(lane) : laneFeeds(lane));
      return { session, count, own, cache: await emptyCache(model, count) };
    });
    return new Decoder(model, await Promise.all(lanes));
  }

  /** How many more tokens the model has positions for. */
  get room(): number {
    return this.model.config.maxPositions - this.length;
  }

  /**
   * Reads tokens after those read before, and tells what comes after the last of them, or with `each` after each of them; with `forget`
   * it stands afterwards where it stood before. Throws RangeError where they do not fit the model's positions.
   */
  async read(tokens: ArrayLike<number>, { each = false, forget = false } = {}): Promise<NextToken> {
    const T = tokens.length;
    if (T === 0 || T > this.room) throw new RangeError(`${T} tokens after ${this.length} do not fit the model`);
    const read: Results[] = [];
    for (const lane of this.lanes) read.push(await this.readLane(lane, tokens, each, forget));
    if (!forget) this.length += T;
    const all = (name: string): Float32Array => joined(read.map((results) => float32(results, name)));
    return { logits: all('logits'), rows: each ? T : 1, hidden: all('hidden'), T };
  }

  /** Stands again where it stood after so many tokens. Throws RangeError where fewer were read. */
  async rewind(length: number): Promise<void> {
    if (length > this.length) throw new RangeError(`${this.length} tokens were read, and not ${length}`);
    if (length === this.length) return;
    for (const { cache } of this.lanes) await cache.cut(length);
    this.length = length;
  }

  private async readLane(
    lane: ReadingLane,
    tokens: ArrayLike<number>,
    each: boolean,
    forget: boolean,
  ): Promise<Results> {
    const { session, count: k, own, cache } = lane;
    const T = tokens.length;
    const ids = Int32Array.from({ length: k * T }, (_, i) => tokens[i % T]);
    const asked = each ? ids.map((_, i) => i) : Int32Array.from({ length: k }, (_, e) => e * T + T - 1);
    this.model.counted.scored += k * T;
    const more = { ids: int64(ids, [k, 1, T]), offset: int64([this.length], [1]), asked: int64(asked, [asked.length]) };
    const results = await session.run({ ...own, ...(await cache.inputs(T)), ...more });
    if (forget) results.dispose();
    else cache.take(results, T);
    return results;
  }

  dispose(): void {
    for (const { own, cache } of this.lanes) {
      disposeAll(own);
      cache.dispose();
    }
  }
}

const roomyBytes = 4 * 2 ** 30;

function decodingSession(
  model: LanguageModel,
  lane: Lane | undefined,
  { precision, fewRows }: Required<DecoderOptions>,
): Promise<GraphSession> {
  const streamed = fewRows && precision === 'full' && readsFromMemory(model, lane);
  return model.session(`decode ${laneKey(lane)} ${precision}${streamed ? ' streamed' : ''}`, async () => {
    const { config } = model;
    const graph = newGraph();
    const k = lane?.count ?? 1;
    // An expert's own weights are read as they are: rounding them would take as long as many answers.
    const rounds = precision !== 'full' && lane?.onBase !== false;
    const rounded = rounds ? await quantizedModel(model, precision) : undefined;
    const base =
      rounded === undefined
        ? baseSources(model, graph)
        : { ...quantizedInputs(rounded, graph), adapter: () => undefined };
    const sources = laneSources(graph, lane, base);
    const filters = streamed ? filtersOf(graph, model) : undefined;
    const ids = graph.input('ids', 'int64', [k, 1, 'T']);
    const cache = cacheInputs(graph, model, k);
    const offset = graph.input('offset', 'int64', [1]);
    const { hidden, present } = architectureOf(config).trace(graph, config, {
      input: ids,
      ...sources,
      ...cache,
      ...(joinsLayers(model, lane) ? { together: joinedLayers(graph, lane, { config, base, filters }) } : {}),
      offset,
    });
    const rows: Dim = k === 1 ? 'T' : `${k}*T`;
    const asked = gather(reshape(hidden, [rows, config.hiddenSize]), graph.input('asked', 'int64', ['R']));
    const caches = cacheOutputs(model, present);
    const outputs = { logits: headOf(config, { ...sources, filters }, asked), hidden, ...caches };
    const { device, threads } = model;
    const weightsFolder = rounded?.folder ?? model.weightsFolder;
    // A token needs every weight once: where there is room for them in float32, that is less to move than widening them.
    const widen = 4 * model.size <= roomyBytes;
    return GraphSession.create(graph, outputs, {
      device,
      threads,
      weightsFolder,
      keep: keepsTensors(device) ? Object.keys(caches) : [],
      widen,
    });
  });
}

/** Logits [R, V] of hidden states [R, D]. */
function headOf(
  config: ModelConfig,
  { weight, quantized, filters }: Sources & { readonly filters: Filters | undefined },
  x: Value,
): Value {
  const name = architectureOf(config).headName(config);
  const rounded = quantized?.(name);
  if (rounded !== undefined) return quantizedMatmul(x, rounded);
  return filters === undefined ? matmul(x, weight(name), { transB: true }) : streamedMatmul(x, [filters(name)]);
}
