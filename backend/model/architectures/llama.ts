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
import type { Architecture, KeyValues, LinearModule, ModelInputs, ModelOutputs } from './architecture';

type Projection = 'q_proj' | 'k_proj' | 'v_proj' | 'o_proj' | 'gate_proj' | 'up_proj' | 'down_proj';

function projectionPath(layer: number, projection: Projection): string {
  const block = ['gate_proj', 'up_proj', 'down_proj'].includes(projection) ? 'mlp' : 'self_attn';
  return `model.layers.${layer}.${block}.${projection}`;
}

/** [out, in] of the projections of a layer. */
function projections(config: ModelConfig): readonly (readonly [Projection, number, number])[] {
  const { hiddenSize: D, feedForwardSize: F, heads, keyValueHeads, headSize } = config;
  return [
    ['q_proj', heads * headSize, D],
    ['k_proj', keyValueHeads * headSize, D],
    ['v_proj', keyValueHeads * headSize, D],
    ['o_proj', D, heads * headSize],
    ['gate_proj', F, D],
    ['up_proj', F, D],
    ['down_proj', D, F],
  ];
}

function linears(config: ModelConfig): LinearModule[] {
  return Array.from({ length: config.layers }, (_, layer) =>
    projections(config).map(([name, out, input]) => ({
      name,
      path: projectionPath(layer, name),
      layer,
      out,
      in: input,
    })),
  ).flat();
}

function parameters(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize: D, vocabularySize: V } = config;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [V, D]]]);
  for (let layer = 0; layer < config.layers; layer++) {
    shapes.set(`model.layers.${layer}.input_layernorm.weight`, [D]);
    shapes.set(`model.layers.${layer}.post_attention_layernorm.weight`, [D]);
    for (const [name, out, input] of projections(config)) {
      shapes.set(`${projectionPath(layer, name)}.weight`, [out, input]);
    }
  }
  shapes.set('model.norm.weight', [D]);
  if (!config.tiedHead) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

interface Context extends ModelInputs {
  readonly config: ModelConfig;
  readonly B: Dim;
  readonly T: Dim;
  readonly mask: Value;
  readonly tables: { cos: Value; sin: Value; offset: Value };
}

function trace(graph: Graph, config: ModelConfig, inputs: ModelInputs): ModelOutputs {
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

/** Llama and what has its shape (Touvron et al. 2023): RMS norms, rotary positions, grouped queries, SwiGLU. */
export const llama: Architecture = {
  parameters,
  linears,
  headName: ({ tiedHead }) => (tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight'),
  trace,
};
