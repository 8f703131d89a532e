/** The graph of Llama and what has its shape; letters as in layers.ts. */
import { type Dim, multiplyDims } from '../../tensor/dims';
import type { Graph, Value } from '../../tensor/graph';
import { gather, gelu, mul, reshape, rmsNorm, rope, swiglu } from '../../tensor/ops';
import type { ModelConfig } from './config';
import { ropeTables } from './rope';
import type { Architecture, KeyValues, LinearModule, ModelInputs, ModelOutputs } from './architecture';
import { attend, type LayerContext, linear, linears as throughAll, newContext, residualStack } from './layers';

type Projection = 'q_proj' | 'k_proj' | 'v_proj' | 'o_proj' | 'gate_proj' | 'up_proj' | 'down_proj';

const block = (layer: number): string => `model.layers.${layer}`;

function projectionPath(layer: number, projection: Projection): string {
  const half = ['gate_proj', 'up_proj', 'down_proj'].includes(projection) ? 'mlp' : 'self_attn';
  return `${block(layer)}.${half}.${projection}`;
}

/** Projections that read the same. */
const readers = {
  attention: ['q_proj', 'k_proj', 'v_proj'],
  output: ['o_proj'],
  feedForward: ['gate_proj', 'up_proj'],
  down: ['down_proj'],
} as const;

const pathsOf = (layer: number, some: readonly Projection[]): string[] =>
  some.map((projection) => projectionPath(layer, projection));

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
      transposed: false,
      bias: config.biases?.includes(name) === true,
    })),
  ).flat();
}

/** Qwen3 norms each head's queries and keys by themselves. */
const hasHeadNorms = ({ architecture }: ModelConfig): boolean => architecture === 'qwen3';

function parameters(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize: D, vocabularySize: V, headSize: d } = config;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [V, D]]]);
  const modules = linears(config);
  for (let layer = 0; layer < config.layers; layer++) {
    shapes.set(`${block(layer)}.input_layernorm.weight`, [D]);
    shapes.set(`${block(layer)}.post_attention_layernorm.weight`, [D]);
    if (hasHeadNorms(config)) {
      shapes.set(`${block(layer)}.self_attn.q_norm.weight`, [d]);
      shapes.set(`${block(layer)}.self_attn.k_norm.weight`, [d]);
    }
    for (const { path, out, in: input, bias } of modules.filter((module) => module.layer === layer)) {
      shapes.set(`${path}.weight`, [out, input]);
      if (bias) shapes.set(`${path}.bias`, [out]);
    }
  }
  shapes.set('model.norm.weight', [D]);
  if (!config.tiedHead) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

interface LlamaContext extends LayerContext {
  /** x [e, N, heads·d] turned by its positions. */
  readonly turn: (x: Value, heads: number) => Value;
}

function trace(graph: Graph, config: ModelConfig, inputs: ModelInputs): ModelOutputs {
  const common = newContext(graph, config, inputs, linears(config));
  const context: LlamaContext = { ...common, turn: rotation(graph, common) };
  return residualStack(graph, context, {
    embed: (ids) => gather(inputs.weight('model.embed_tokens.weight'), ids),
    attention: (layer, x) => attention(context, layer, x),
    feedForward: (layer, x) => feedForward(context, layer, x),
    finalNorm: (x) => rmsNorm(x, inputs.weight('model.norm.weight'), config.normEpsilon),
  });
}

function rotation(graph: Graph, { config, B, T, offset }: LayerContext): LlamaContext['turn'] {
  const { rope: settings, headSize: d, maxPositions: P } = config;
  if (settings === undefined) return (x) => x;
  const { cos, sin } = ropeTables(settings, d, P);
  const tables = { cos: graph.constant(cos, [P, d / 2]), sin: graph.constant(sin, [P, d / 2]), offset };
  return (x, heads) => {
    const perText: readonly Dim[] = [multiplyDims(x.shape[0], B), T, heads * d];
    return reshape(rope(reshape(x, perText), tables, { heads }), x.shape);
  };
}

/** norm ──┬─ q ─ rope ─┬─ attention ─ o ─→, with k turned likewise; Qwen3 norms q and k by head before. */
function attention(context: LlamaContext, layer: number, x: Value): { output: Value; cache: KeyValues } {
  const { config, turn } = context;
  const { heads: H, keyValueHeads: G } = config;
  const normal = rmsNorm(x, context.weight(`${block(layer)}.input_layernorm.weight`), config.normEpsilon);
  const [q, k, v] = throughAll(context, pathsOf(layer, readers.attention), normal);
  const attended = attend(context, layer, {
    q: turn(headNorm(context, `${block(layer)}.self_attn.q_norm`, q, H), H),
    k: turn(headNorm(context, `${block(layer)}.self_attn.k_norm`, k, G), G),
    v,
  });
  return { output: linear(context, projectionPath(layer, 'o_proj'), attended.output), cache: attended.cache };
}

function headNorm({ config, weight }: LayerContext, path: string, x: Value, heads: number): Value {
  if (!hasHeadNorms(config)) return x;
  const perHead = reshape(x, [...x.shape.slice(0, 2), heads, config.headSize]);
  return reshape(rmsNorm(perHead, weight(`${path}.weight`), config.normEpsilon), x.shape);
}

function feedForward(context: LayerContext, layer: number, x: Value): Value {
  const { activation, normEpsilon } = context.config;
  const normal = rmsNorm(x, context.weight(`${block(layer)}.post_attention_layernorm.weight`), normEpsilon);
  const [gate, up] = throughAll(context, pathsOf(layer, readers.feedForward), normal);
  return linear(
    context,
    projectionPath(layer, 'down_proj'),
    activation === 'silu' ? swiglu(gate, up) : mul(gelu(gate), up),
  );
}

/** Llama, Mistral, Qwen2 and Qwen3 (Touvron et al. 2023): RMS norms, rotary positions, grouped queries, gated feed-forward. */
export const llama: Architecture = {
  parameters,
  linears,
  readers: ({ layers }) =>
    Array.from({ length: layers }, (_, layer) => Object.values(readers).map((some) => pathsOf(layer, some))).flat(),
  headName: ({ tiedHead }) => (tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight'),
  trace,
};
