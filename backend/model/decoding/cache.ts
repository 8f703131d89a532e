/**
 * The keys and values of the positions that the experts of a lane have read, from run to run. Outputs of a run that do not stay on
 * their device are copied (ONNX Runtime's Node binding), so a run gives what it adds to the caches, and not the caches.
 */
import { keepsTensors } from '../../tensor/devices';
import { multiplyDims } from '../../tensor/dims';
import type { Graph, Value } from '../../tensor/graph';
import { concat, gather, reshape } from '../../tensor/ops';
import { disposeAll, GraphSession, type OnDevice, type Results, type Tensors, upload } from '../../tensor/runtime';
import { newGraph } from '../../tensor/trace';
import type { KeyValues } from '../architectures/architecture';
import type { ModelConfig } from '../architectures/config';
import { float32, int64, type LanguageModel } from '../language-model';

export interface Cache {
  /** What a run is given that reads T tokens after those read before. */
  inputs(T: number): Promise<OnDevice>;
  /** Takes what a run made that read T tokens. */
  take(results: Results, T: number): void;
  /** Keeps the first `length` positions. */
  cut(length: number): Promise<void>;
  dispose(): void;
}

/** Of k experts, nothing read yet. */
export async function emptyCache(model: LanguageModel, k: number): Promise<Cache> {
  if (!keepsTensors(model.device)) return new RoomyCache(model, k);
  return new GrowingCache(model, k, await upload(model.device, zeros(model.config, k, 0)));
}

/** The caches as inputs of a graph, and whether they have room. */
export function cacheInputs(
  graph: Graph,
  { config, device }: LanguageModel,
  k: number,
): { readonly past: readonly KeyValues[]; readonly roomy: boolean } {
  const { keyValueHeads: G, headSize, layers } = config;
  const input = (name: string): Value => graph.input(`past.${name}`, 'float32', [k, G, 'P', headSize]);
  const past = Array.from({ length: layers }, (_, layer) => ({
    keys: input(`${layer}.keys`),
    values: input(`${layer}.values`),
  }));
  return { past, roomy: !keepsTensors(device) };
}

/** What a run gives for the caches, as outputs of a graph: the caches of each layer, or for those with room one [k, T, 2·layers·G·d] for all. */
export function cacheOutputs({ device }: LanguageModel, present: readonly KeyValues[]): Record<string, Value> {
  if (!keepsTensors(device))
    return {
      present: concat(
        present.flatMap(({ keys, values }) => [keys, values]),
        2,
      ),
    };
  const outputs = present.flatMap(({ keys, values }, layer) => [
    [`present.${layer}.keys`, keys],
    [`present.${layer}.values`, values],
  ]);
  return Object.fromEntries(outputs) as Record<string, Value>;
}

function cacheNames({ layers }: ModelConfig): string[] {
  return Array.from({ length: layers }, (_, layer) => [`${layer}.keys`, `${layer}.values`]).flat();
}

interface Room extends Tensors {
  readonly data: Float32Array;
}

/** Caches of so many positions, by the names of a graph's inputs. */
function zeros(config: ModelConfig, k: number, P: number): Record<string, Room> {
  const { keyValueHeads: G, headSize: d } = config;
  const room = (): Room => ({ data: new Float32Array(k * G * P * d), shape: [k, G, P, d] });
  return Object.fromEntries(cacheNames(config).map((name) => [`past.${name}`, room()]));
}

/** In memory of the device's own: each run gives new caches, longer by what it read. */
class GrowingCache implements Cache {
  constructor(
    private readonly model: LanguageModel,
    private readonly k: number,
    private tensors: OnDevice,
  ) {}

  inputs(): Promise<OnDevice> {
    return Promise.resolve(this.tensors);
  }

  take(results: Results): void {
    this.become(presentOf(this.model.config, results));
  }

  async cut(length: number): Promise<void> {
    const { model, k } = this;
    this.become(length === 0 ? await upload(model.device, zeros(model.config, k, 0)) : await this.beginnings(length));
  }

  private become(tensors: OnDevice): void {
    disposeAll(this.tensors);
    this.tensors = tensors;
  }

  private async beginnings(length: number): Promise<OnDevice> {
    const { model, k, tensors } = this;
    const G = model.config.keyValueHeads;
    const P = Object.values(tensors)[0].shape[2];
    const rows = Int32Array.from({ length: k * G * length }, (_, i) => Math.floor(i / length) * P + (i % length));
    const session = await cuttingSession(model, k);
    return presentOf(model.config, await session.run({ ...tensors, rows: int64(rows, [k, G, length]) }));
  }

  dispose(): void {
    disposeAll(this.tensors);
  }
}

/** What a run left on its device for the caches, as inputs of the next. */
function presentOf(config: ModelConfig, results: Results): OnDevice {
  const present = cacheNames(config).map((name) => [`past.${name}`, results.keptTensor(`present.${name}`)]);
  return Object.fromEntries(present) as OnDevice;
}

/** Of caches [k, G, P, d] the given rows, counted over all of these but the last: [k, G, L, d]. */
function cuttingSession(model: LanguageModel, k: number): Promise<GraphSession> {
  return model.session(`cut caches of ${k}`, () => {
    const { keyValueHeads: G, headSize: d } = model.config;
    const graph = newGraph();
    const rows = graph.input('rows', 'int64', [k, G, 'L']);
    const cut = cacheNames(model.config).map((name) => {
      const past = graph.input(`past.${name}`, 'float32', [k, G, 'P', d]);
      return [`present.${name}`, gather(reshape(past, [multiplyDims(k * G, 'P'), d]), rows)];
    });
    const { device, threads } = model;
    const outputs = Object.fromEntries(cut) as Record<string, Value>;
    return GraphSession.create(graph, outputs, { device, threads, keep: Object.keys(outputs) });
  });
}

/** Positions by which room grows. What is not filled yet is masked, but looked at. */
const step = 64;

/** In this process's memory, with room for more positions than were read. */
class RoomyCache implements Cache {
  private length = 0;
  private room = 0;
  private data: Record<string, Room> = {};
  private tensors: OnDevice = {};

  constructor(
    private readonly model: LanguageModel,
    private readonly k: number,
  ) {}

  async inputs(T: number): Promise<OnDevice> {
    if (this.length + T > this.room) await this.grow(this.length + T);
    return this.tensors;
  }

  private async grow(needed: number): Promise<void> {
    const { model, k, data, room } = this;
    const more = step * Math.ceil(needed / step);
    const grown = zeros(model.config, k, more);
    const d = model.config.headSize;
    for (const [name, { data: before, shape }] of Object.entries(data)) {
      const rows = shape[0] * shape[1];
      for (let row = 0; row < rows; row++) {
        grown[name].data.set(before.subarray(row * room * d, (row + 1) * room * d), row * more * d);
      }
    }
    this.dispose();
    [this.data, this.room, this.tensors] = [grown, more, await upload(model.device, grown)];
  }

  take(results: Results, T: number): void {
    const { keyValueHeads: G, headSize: d } = this.model.config;
    const present = float32(results, 'present');
    const caches = cacheNames(this.model.config).map((name) => this.data[`past.${name}`].data);
    let from = 0;
    for (let token = 0; token < this.k * T; token++) {
      const [expert, at] = [Math.floor(token / T), this.length + (token % T)];
      for (const cache of caches) {
        for (let head = 0; head < G; head++, from += d) {
          cache.set(present.subarray(from, from + d), ((expert * G + head) * this.room + at) * d);
        }
      }
    }
    this.length += T;
  }

  /** What lies behind is not looked at until it is written over. */
  cut(length: number): Promise<void> {
    this.length = length;
    return Promise.resolve();
  }

  dispose(): void {
    disposeAll(this.tensors);
  }
}
