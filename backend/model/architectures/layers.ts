/**
 * What all families share. Letters: E experts side by side (1 until an adapter makes them differ), B texts, T positions,
 * S positions seen (cached and new), N = B·T rows, D width, H heads of queries on G of keys and values, d head size, r rank.
 */
import { addDims, type Dim, multiplyDims } from '../../tensor/dims';
import type { Graph, Value } from '../../tensor/graph';
import {
  add,
  attention,
  cachedAttention,
  causalMask,
  concat,
  expand,
  int8Matmul,
  matmul,
  quantizedMatmul,
  reshape,
  split,
  transpose,
} from '../../tensor/ops';
import type { ModelConfig } from './config';
import type { KeyValues, LinearModule, ModelInputs, ModelOutputs } from './architecture';

/** One trace of a model: its inputs, and what its layers share. */
export interface LayerContext extends ModelInputs {
  readonly config: ModelConfig;
  readonly B: Dim;
  readonly T: Dim;
  readonly module: (path: string) => LinearModule;
  /** Which positions those of a layer may see: [T, S]. */
  readonly mask: (layer: number) => Value;
}

export function newContext(
  graph: Graph,
  config: ModelConfig,
  inputs: ModelInputs,
  linears: readonly LinearModule[],
): LayerContext {
  const [, B, T] = inputs.input.shape;
  const cached = inputs.past?.[0].keys.shape[2];
  const seen = cached === undefined ? T : addDims(cached, T);
  const modules = new Map(linears.map((module) => [module.path, module]));
  const masks = new Map<number | undefined, Value>();
  return {
    ...inputs,
    config,
    B,
    T,
    module: (path) => {
      const module = modules.get(path);
      if (module === undefined) throw new Error(`the model has no linear layer ${path}`);
      return module;
    },
    mask: (layer) => {
      const window = windowOf(config, layer);
      const mask = masks.get(window) ?? causalMask(graph, T, seen, { window });
      masks.set(window, mask);
      return mask;
    },
  };
}

/** Whether a layer is one of those that look through a window, however long that is. */
export const windowed = ({ slidingWindow }: ModelConfig, layer: number): boolean =>
  slidingWindow?.layers.includes(layer) === true;

function windowOf(config: ModelConfig, layer: number): number | undefined {
  const size = config.slidingWindow?.size ?? Infinity;
  return windowed(config, layer) && size < config.maxPositions ? size : undefined;
}

/** Both halves of a layer, each with its norm before it: [E, N, D] to [E, N, D], and the first half's cache. */
interface Halves {
  readonly attention: (layer: number, x: Value) => { readonly output: Value; readonly cache: KeyValues };
  readonly feedForward: (layer: number, x: Value) => Value;
}

/** What a family adds to what all share: how tokens become a stream, what its layers do with it, and the last norm. */
interface Stack extends Halves {
  /** [E, B, T] to [E, B, T, D]. */
  readonly embed: (ids: Value) => Value;
  readonly finalNorm: (x: Value) => Value;
}

/** From token ids, or from where `layers` begins, through layers that each add to the stream [E, N, D]. */
export function residualStack(
  graph: Graph,
  { config, input, layers: { from, to } = { from: 0, to: config.layers } }: LayerContext,
  { embed, finalNorm, ...halves }: Stack,
): ModelOutputs {
  const present: KeyValues[] = [];
  const stream = from === 0 ? graph.within('embedding', () => embed(input)) : input;
  const [E, B, T] = input.shape;
  let hidden = reshape(stream, [E, multiplyDims(B, T), config.hiddenSize]);
  for (let layer = from; layer < to; layer++) {
    hidden = graph.within(`layers.${layer}`, () => {
      const attended = graph.within('self_attn', () => halves.attention(layer, hidden));
      present.push(attended.cache);
      const middle = add(hidden, attended.output);
      return add(
        middle,
        graph.within('mlp', () => halves.feedForward(layer, middle)),
      );
    });
  }
  return { hidden: to < config.layers ? hidden : finalNorm(hidden), present };
}

/** x [E, N, in] through linear layers that all read it: each its own product, or one for all where the graph has it so. */
export function linears(context: LayerContext, paths: readonly string[], x: Value): readonly Value[] {
  const { together, weight } = context;
  if (together === undefined) return paths.map((path) => linear(context, path, x));
  const modules = paths.map((path) => context.module(path));
  const parts = split(
    together(paths, x),
    2,
    modules.map(({ out }) => out),
  );
  return modules.map(({ path, bias }, i) => (bias ? add(parts[i], weight(`${path}.bias`)) : parts[i]));
}

/** x [E, N, in] through a linear layer, plus the adapter's update where there is one: [E or k, N, out]. */
export function linear(context: LayerContext, path: string, x: Value): Value {
  const { transposed, bias } = context.module(path);
  const product = context.together?.([path], x) ?? adapted(context, path, transposed, x);
  return bias ? add(product, context.weight(`${path}.bias`)) : product;
}

function adapted(context: LayerContext, path: string, transposed: boolean, x: Value): Value {
  const { weight, adapter, int8, mergeAdapters } = context;
  const name = `${path}.weight`;
  const update = adapter(path);
  if (update !== undefined && mergeAdapters === true && int8 !== true) {
    const { a, b, scale: alpha } = update;
    const change = transposed ? matmul(a, b, { transA: true, transB: true, alpha }) : matmul(b, a, { alpha });
    return matmul(x, add(weight(name), change), { transB: !transposed });
  }
  const product = frozenProduct(context, name, transposed, x);
  if (update === undefined) return product;
  const inner = matmul(update.dropped?.(x) ?? x, update.a, { transB: true });
  return add(product, matmul(inner, update.b, { transB: true, alpha: update.scale }));
}

function frozenProduct({ weight, quantized, int8 }: LayerContext, name: string, transposed: boolean, x: Value): Value {
  const rounded = quantized?.(name);
  if (rounded !== undefined) return quantizedMatmul(x, rounded);
  const transB = !transposed;
  return int8 === true ? int8Matmul(x, weight(name), { transB, rotated: true }) : matmul(x, weight(name), { transB });
}

/**
 *     q [e, N, H·d] ─┐
 *     k [e, N, G·d] ─┴─ scores + mask ─ softmax ─┐
 *     v [e, N, G·d] ─────────────────────────────┴─→ [E, N, H·d]
 *
 * with e experts in each of the three, E in the most.
 */
export function attend(
  context: LayerContext,
  layer: number,
  projected: { readonly q: Value; readonly k: Value; readonly v: Value },
): { output: Value; cache: KeyValues } {
  const { B, T } = context;
  const { heads: H, keyValueHeads: G, headSize: d, scaleByLayer = false, scales } = context.config;
  const E = Math.max(...Object.values(projected).map(({ shape }) => Number(shape[0])));
  const rows = multiplyDims(E, B);
  const whole = (value: Value): Value => (value.shape[0] === E ? value : expand(value, [E, ...value.shape.slice(1)]));
  const perText = (value: Value, heads: number): Value => reshape(whole(value), [rows, T, heads * d]);
  const scale = (scales?.attention ?? 1 / Math.sqrt(d)) / (scaleByLayer ? layer + 1 : 1);
  const q = perText(projected.q, H);
  const ofAll = (joined: Value): Value => reshape(joined, [E, multiplyDims(B, T), H * d]);
  const cached = context.past?.[layer];
  if (cached !== undefined && context.roomy === true) {
    const [k, v] = [perText(projected.k, G), perText(projected.v, G)];
    const window = windowOf(context.config, layer);
    const joined = cachedAttention({ q, k, v }, { ...cached, offset: context.offset }, { heads: H, scale, window });
    return { output: ofAll(joined), cache: { keys: k, values: v } };
  }

  const perHead = (value: Value): Value => transpose(reshape(whole(value), [rows, T, G, d]), [0, 2, 1, 3]);
  const after = (past: Value | undefined, more: Value): Value => (past === undefined ? more : concat([past, more], 2));
  const [keys, values] = [after(cached?.keys, perHead(projected.k)), after(cached?.values, perHead(projected.v))];
  const seen = { keys, values, mask: context.mask(layer) };
  const joined = attention(q, seen, { heads: H, scale, blocks: context.queryBlocks ?? 1 });
  return { output: ofAll(joined), cache: { keys, values } };
}
