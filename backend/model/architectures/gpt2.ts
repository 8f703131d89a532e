/** The graph of GPT-2; letters as in layers.ts. */
import type { Graph, Value } from '../../tensor/graph';
import { add, gather, gelu, layerNorm, rowsAt, silu, slice } from '../../tensor/ops';
import type { ModelConfig } from './config';
import type { Architecture, KeyValues, LinearModule, ModelInputs, ModelOutputs } from './architecture';
import { attend, type LayerContext, linear, newContext, residualStack } from './layers';

const block = (layer: number): string => `transformer.h.${layer}`;

/** Half of the block, name, out and in of the linear layers of a block. */
function modules({
  hiddenSize: D,
  feedForwardSize: F,
}: ModelConfig): readonly (readonly [string, string, number, number])[] {
  return [
    ['attn', 'c_attn', 3 * D, D],
    ['attn', 'c_proj', D, D],
    ['mlp', 'c_fc', F, D],
    ['mlp', 'c_proj', D, F],
  ];
}

function linears(config: ModelConfig): LinearModule[] {
  return Array.from({ length: config.layers }, (_, layer) =>
    modules(config).map(([half, name, out, input]) => ({
      name,
      path: `${block(layer)}.${half}.${name}`,
      layer,
      out,
      in: input,
      transposed: true,
      bias: true,
    })),
  ).flat();
}

function parameters(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize: D, vocabularySize: V } = config;
  const shapes = new Map<string, readonly number[]>([
    ['transformer.wte.weight', [V, D]],
    ['transformer.wpe.weight', [config.maxPositions, D]],
  ]);
  const norm = (path: string): void => {
    shapes.set(`${path}.weight`, [D]);
    shapes.set(`${path}.bias`, [D]);
  };
  for (let layer = 0; layer < config.layers; layer++) {
    norm(`${block(layer)}.ln_1`);
    norm(`${block(layer)}.ln_2`);
  }
  for (const { path, out, in: input } of linears(config)) {
    shapes.set(`${path}.weight`, [input, out]);
    shapes.set(`${path}.bias`, [out]);
  }
  norm('transformer.ln_f');
  if (!config.tiedHead) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

function trace(graph: Graph, config: ModelConfig, inputs: ModelInputs): ModelOutputs {
  const context = newContext(graph, config, inputs, linears(config));
  return residualStack(graph, context, {
    embed: (ids) => embed(context, ids),
    attention: (layer, x) => attention(context, layer, x),
    feedForward: (layer, x) => feedForward(context, layer, x),
    finalNorm: (x) => norm(context, 'transformer.ln_f', x),
  });
}

/** Tokens and positions: [E, B, T, D]. */
function embed({ weight, offset, T }: LayerContext, ids: Value): Value {
  return add(gather(weight('transformer.wte.weight'), ids), rowsAt(weight('transformer.wpe.weight'), offset, T));
}

function norm({ config, weight }: LayerContext, path: string, x: Value): Value {
  return layerNorm(x, weight(`${path}.weight`), weight(`${path}.bias`), config.normEpsilon);
}

function attention(context: LayerContext, layer: number, x: Value): { output: Value; cache: KeyValues } {
  const D = context.config.hiddenSize;
  const fused = linear(context, `${block(layer)}.attn.c_attn`, norm(context, `${block(layer)}.ln_1`, x));
  const part = (i: number): Value => slice(fused, 2, i * D, (i + 1) * D);
  const { output, cache } = attend(context, layer, { q: part(0), k: part(1), v: part(2) });
  return { output: linear(context, `${block(layer)}.attn.c_proj`, output), cache };
}

function feedForward(context: LayerContext, layer: number, x: Value): Value {
  const inner = linear(context, `${block(layer)}.mlp.c_fc`, norm(context, `${block(layer)}.ln_2`, x));
  const active = context.config.activation === 'gelu' ? gelu(inner) : silu(inner);
  return linear(context, `${block(layer)}.mlp.c_proj`, active);
}

/** GPT-2 (Radford et al. 2019): layer norms, learned positions, one projection for queries, keys and values. */
export const gpt2: Architecture = {
  parameters,
  linears,
  readers: (config) => linears(config).map(({ path }) => [path]),
  headName: ({ tiedHead }) => (tiedHead ? 'transformer.wte.weight' : 'lm_head.weight'),
  trace,
};
