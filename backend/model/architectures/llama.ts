/**
 * The Llama family as a graph. Letters: E experts side by side (1 until an adapter makes them differ), B texts, T positions,
 * S positions seen (cached and new), N = B·T rows, D width, H heads, d head size, r rank.
 */
import { addDims, type Dim, multiplyDims, type Shape } from '../../tensor/dims';
import type { Graph, Value } from '../../tensor/graph';
import {
  add,
  causalMask,
  concat,
  expand,
  gather,
  matmul,
  reshape,
  rmsNorm,
  rope,
  softmax,
  swiglu,
  transpose,
} from '../../tensor/ops';
import type { ModelConfig } from '../config';

/** The seven projections of a layer, by the names that Hugging Face gives them. */
export const projections = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type Projection = (typeof projections)[number];

/** The module path of a projection: `model.layers.0.self_attn.q_proj`. */
export function projectionPath(layer: number, projection: Projection): string {
  const block = ['gate_proj', 'up_proj', 'down_proj'].includes(projection) ? 'mlp' : 'self_attn';
  return `model.layers.${layer}.${block}.${projection}`;
}

/** [out, in] of a projection. */
export function projectionShape(config: ModelConfig, projection: Projection): readonly [number, number] {
  const { hiddenSize: D, feedForwardSize: F, heads, keyValueHeads, headSize } = config;
  switch (projection) {
    case 'q_proj':
      return [heads * headSize, D];
    case 'k_proj':
    case 'v_proj':
      return [keyValueHeads * headSize, D];
    case 'o_proj':
      return [D, heads * headSize];
    case 'gate_proj':
    case 'up_proj':
      return [F, D];
    case 'down_proj':
      return [D, F];
  }
}

/** Every parameter by its Hugging Face name. */
export function llamaParameters(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize: D, vocabularySize: V } = config;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [V, D]]]);
  for (let layer = 0; layer < config.layers; layer++) {
    shapes.set(`model.layers.${layer}.input_layernorm.weight`, [D]);
    shapes.set(`model.layers.${layer}.post_attention_layernorm.weight`, [D]);
    for (const projection of projections) {
      shapes.set(`${projectionPath(layer, projection)}.weight`, projectionShape(config, projection));
    }
  }
  shapes.set('model.norm.weight', [D]);
  if (!config.tiedHead) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

/** A low-rank update of one projection for k experts: y += scale · (x aᵀ) bᵀ with a [k, r, in] and b [k, out, r]. */
export interface LowRank {
  readonly a: Value;
  readonly b: Value;
  readonly scale: number;
}

/** The key and value caches of one layer: [E·B, keyValueHeads, positions, d] each. */
export interface KeyValues {
  readonly keys: Value;
  readonly values: Value;
}

export interface LlamaInputs {
  /** int64 [E, B, T]. */
  readonly ids: Value;
  readonly weight: (name: string) => Value;
  readonly adapter: (path: string) => LowRank | undefined;
  /**
   * Adds each expert's update to a copy of the weight first: one large product per expert instead of one and two thin ones.
   * Faster for many rows where no gradient is wanted.
   */
  readonly mergeAdapters?: boolean;
  /** Caches of the positions before these, one per layer; none when the texts begin here. */
  readonly past?: readonly KeyValues[];
  /** int64 [1]: the position of the first of the T tokens. */
  readonly offset: Value;
}

export interface LlamaOutputs {
  /** [E, N, D] after the final norm. */
  readonly hidden: Value;
  readonly present: readonly KeyValues[];
}

interface Context extends LlamaInputs {
  readonly config: ModelConfig;
  readonly B: Dim;
  readonly T: Dim;
  readonly mask: Value;
  readonly tables: { cos: Value; sin: Value; offset: Value };
}

/** Token ids to final hidden states. */
export function llama(graph: Graph, config: ModelConfig, inputs: LlamaInputs): LlamaOutputs {
  const [E, B, T] = inputs.ids.shape;
  const seen = inputs.past === undefined ? T : addDims(inputs.past[0].keys.shape[2], T);
  const context: Context = {
    ...inputs,
    config,
    B,
    T,
    mask: causalMask(graph, T, seen),
    tables: { ...ropeTables(graph, config), offset: inputs.offset },
  };
  const embedded = graph.within('embedding', () => gather(inputs.weight('model.embed_tokens.weight'), inputs.ids));
  let x = reshape(embedded, [E, multiplyDims(B, T), config.hiddenSize]);
  const present: KeyValues[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    x = graph.within(`layers.${layer}`, () => {
      const attended = graph.within('self_attn', () => attention(context, layer, x));
      present.push(attended.cache);
      const middle = add(x, attended.output);
      return add(
        middle,
        graph.within('mlp', () => feedForward(context, layer, middle)),
      );
    });
  }
  return { hidden: rmsNorm(x, inputs.weight('model.norm.weight'), config.normEpsilon), present };
}

/** cos and sin of position · theta^(−2i/d): [maxPositions, d/2]. */
function ropeTables(graph: Graph, { headSize, maxPositions, ropeTheta }: ModelConfig): { cos: Value; sin: Value } {
  const half = headSize / 2;
  const angle = (i: number): number => Math.floor(i / half) * ropeTheta ** (-(i % half) / half);
  const table = (f: (x: number) => number): Value =>
    graph.constant(
      Float32Array.from({ length: maxPositions * half }, (_, i) => f(angle(i))),
      [maxPositions, half],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** x [E, N, in] · weightᵀ, plus the adapter's update where there is one: [E or k, N, out]. */
function project(context: Context, layer: number, projection: Projection, x: Value): Value {
  const path = projectionPath(layer, projection);
  const weight = context.weight(`${path}.weight`);
  const update = context.adapter(path);
  if (update !== undefined && context.mergeAdapters === true) {
    const merged = add(weight, matmul(update.b, update.a, { alpha: update.scale }));
    return matmul(x, merged, { transB: true });
  }
  const base = matmul(x, weight, { transB: true });
  if (update === undefined) return base;
  const inner = matmul(x, update.a, { transB: true });
  return add(base, matmul(inner, update.b, { transB: true, alpha: update.scale }));
}

/**
 *     x ── norm ──┬─ q ─ rope ─┐
 *                 ├─ k ─ rope ─┴─ scores + mask ─ softmax ─┐
 *                 └─ v ────────────────────────────────────┴─ o ─→
 *
 * The query heads that share a key-value head are folded into rows, so keys and values are never repeated.
 */
function attention(context: Context, layer: number, x: Value): { output: Value; cache: KeyValues } {
  const { config, B, T, past, tables, mask } = context;
  const { heads: H, keyValueHeads: G, headSize: d } = config;
  const normal = rmsNorm(x, context.weight(`model.layers.${layer}.input_layernorm.weight`), config.normEpsilon);
  const projected = (['q_proj', 'k_proj', 'v_proj'] as const).map((name) => project(context, layer, name, normal));
  const E = Math.max(...projected.map((value) => Number(value.shape[0])));
  const rows = multiplyDims(E, B);
  const [q, k, v] = projected.map((value) => {
    const all: Shape = [E, ...value.shape.slice(1)];
    return reshape(value.shape[0] === E ? value : expand(value, all), [rows, T, value.shape[2]]);
  });
  const split = (value: Value, count: number): Value => transpose(reshape(value, [rows, T, count, d]), [0, 2, 1, 3]);
  const newKeys = split(rope(k, tables, { heads: G }), G);
  const newValues = split(v, G);
  const cached = past?.[layer];
  const keys = cached === undefined ? newKeys : concat([cached.keys, newKeys], 2);
  const values = cached === undefined ? newValues : concat([cached.values, newValues], 2);

  const folded = multiplyDims(H / G, T);
  const S = keys.shape[2];
  const queries = reshape(split(rope(q, tables, { heads: H }), H), [rows, G, folded, d]);
  const scores = matmul(queries, keys, { transB: true, alpha: 1 / Math.sqrt(d) });
  const weights = softmax(add(reshape(scores, [rows, H, T, S]), mask));
  const mixed = matmul(reshape(weights, [rows, G, folded, S]), values);
  const joined = reshape(transpose(reshape(mixed, [rows, H, T, d]), [0, 2, 1, 3]), [E, multiplyDims(B, T), H * d]);
  return { output: project(context, layer, 'o_proj', joined), cache: { keys, values } };
}

function feedForward(context: Context, layer: number, x: Value): Value {
  const name = `model.layers.${layer}.post_attention_layernorm.weight`;
  const normal = rmsNorm(x, context.weight(name), context.config.normEpsilon);
  const gate = project(context, layer, 'gate_proj', normal);
  const up = project(context, layer, 'up_proj', normal);
  return project(context, layer, 'down_proj', swiglu(gate, up));
}
