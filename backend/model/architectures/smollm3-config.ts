/** What SmolLM3 calls its settings: SmolLM3Config of transformers. */
import { z } from 'zod';
import type { FamilyConfig, ModelConfig } from './config';
import { contradiction, parseFields, unsupported } from './fields';
import { llamaDefaults, llamaSchema, readShape, slidingLayers, writeShape } from './llama-config';
import { readRope, writeRope } from './rope';

const schema = llamaSchema.extend({
  /** By layer: 0 where it does not turn. */
  no_rope_layers: z.array(z.int().min(0).max(1)).nullish(),
  no_rope_layer_interval: z.int().positive(),
});

const defaults = {
  ...llamaDefaults,
  vocab_size: 128_256,
  hidden_size: 2048,
  intermediate_size: 11_008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  max_position_embeddings: 32_768,
  rope_theta: 2_000_000,
  tie_word_embeddings: true,
  no_rope_layer_interval: 4,
};

export function readSmolLm3(json: unknown, path: string): FamilyConfig {
  const c = parseFields(schema, { ...defaults, ...(json as object) }, path);
  const { num_hidden_layers: layers, no_rope_layer_interval: interval } = c;
  const usual = Array.from({ length: layers }, (_, layer) => ((layer + 1) % interval === 0 ? 0 : 1));
  const turned = c.no_rope_layers ?? usual;
  if (turned.length < layers) throw contradiction(path, 'no_rope_layers does not say which layers turn');
  if (c.use_sliding_window === true && c.sliding_window !== null) {
    throw unsupported(path, 'sliding_window', c.sliding_window);
  }
  if (c.mlp_bias === true) throw unsupported(path, 'mlp_bias', true);
  const sliding = slidingLayers(c, c.layer_types ?? usual.map(() => 'full_attention'), path);
  if (sliding.length > 0) throw unsupported(path, 'layer_types', c.layer_types);
  return {
    ...readShape('smollm3', c, path),
    rope: readRope(c, path),
    unturnedLayers: usual.flatMap((_, layer) => (turned[layer] === 0 ? [layer] : [])),
  };
}

export function writeSmolLm3(config: ModelConfig): Record<string, unknown> {
  const { rope, unturnedLayers = [], layers } = config;
  return {
    ...writeShape('SmolLM3ForCausalLM', config),
    ...(rope === undefined ? {} : writeRope(rope)),
    mlp_bias: false,
    use_sliding_window: false,
    sliding_window: null,
    no_rope_layers: Array.from({ length: layers }, (_, layer) => (unturnedLayers.includes(layer) ? 0 : 1)),
    layer_types: Array.from({ length: layers }, () => 'full_attention'),
  };
}
