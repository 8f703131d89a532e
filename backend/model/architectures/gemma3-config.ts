/** What the text models of Gemma 3 call their settings: Gemma3TextConfig of transformers. */
import { z } from 'zod';
import { tableOf } from '../../base/table';
import type { FamilyConfig, ModelConfig } from './config';
import { contradiction, parseFields, unsupported } from './fields';
import {
  activationName,
  layerTypes,
  llamaDefaults,
  type LlamaFields,
  llamaSchema,
  readShape,
  slidingLayers,
  writeShape,
} from './llama-config';
import { readRope, type Rope, writeRope } from './rope';

const schema = llamaSchema.omit({ hidden_act: true }).extend({
  hidden_activation: z.string(),
  query_pre_attn_scalar: z.int().positive(),
  rope_local_base_freq: z.number().positive().nullish(),
  sliding_window_pattern: z.int().positive(),
  // One table, or one for each kind of layer.
  rope_parameters: z.object({ full_attention: z.unknown(), sliding_attention: z.unknown() }).partial().nullish(),
  final_logit_softcapping: z.number().nullish(),
  attn_logit_softcapping: z.number().nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
});

type Fields = z.infer<typeof schema>;

const defaults = {
  ...llamaDefaults,
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  hidden_activation: 'gelu_pytorch_tanh',
  max_position_embeddings: 131_072,
  tie_word_embeddings: true,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  sliding_window_pattern: 6,
};

const [globalTheta, localTheta] = [1_000_000, 10_000];

export function readGemma3(json: unknown, path: string): FamilyConfig {
  const c = parseFields(schema, { ...defaults, ...(json as object) }, path);
  for (const field of ['final_logit_softcapping', 'attn_logit_softcapping'] as const) {
    if (c[field] != null) throw unsupported(path, field, c[field]);
  }
  if (c.use_bidirectional_attention === true) throw unsupported(path, 'use_bidirectional_attention', true);
  if (c.sliding_window === null) throw contradiction(path, 'sliding_window is missing');
  const fields = { ...c, hidden_act: c.hidden_activation };
  const layers = slidingLayers(
    fields,
    c.layer_types ?? usualTypes(c.num_hidden_layers, c.sliding_window_pattern),
    path,
  );
  return {
    ...readShape('gemma3_text', fields, path),
    ...readRopes(c, path),
    slidingWindow: { size: c.sliding_window, layers },
    scales: { embedding: Math.sqrt(c.hidden_size), attention: 1 / Math.sqrt(c.query_pre_attn_scalar) },
  };
}

/** The kinds of so many layers: one of `pattern` sees all of a text. */
export const usualTypes = (layers: number, pattern = 6): string[] =>
  Array.from({ length: layers }, (_, layer) => ((layer + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention'));

/** Layers with a window turn faster, and are never stretched. */
function readRopes(c: Fields, path: string): { readonly rope: Rope; readonly slidingRope: Rope } {
  const { rope_parameters: parameters, rope_scaling, rope_theta, rope_local_base_freq, ...fields } = c;
  const read = (given: unknown, scaling: LlamaFields['rope_scaling'], theta: number): Rope => {
    const rope_parameters = parseFields(tableOf(z.unknown()).nullish(), given, path);
    return readRope({ ...fields, rope_parameters, rope_scaling: scaling, rope_theta: theta }, path);
  };
  const slidingRope = read(parameters?.sliding_attention, undefined, rope_local_base_freq ?? localTheta);
  if (slidingRope.scaling !== undefined) throw unsupported(path, 'rope_parameters', parameters);
  return { rope: read(parameters?.full_attention, rope_scaling, rope_theta ?? globalTheta), slidingRope };
}

export function writeGemma3(config: ModelConfig): Record<string, unknown> {
  const { hidden_act: _, ...shape } = writeShape('Gemma3ForCausalLM', config);
  const { rope, slidingRope, slidingWindow, scales } = config;
  return {
    ...shape,
    hidden_activation: activationName(config),
    query_pre_attn_scalar: Math.round((scales?.attention ?? 1) ** -2),
    ...(rope === undefined ? {} : writeRope(rope)),
    rope_local_base_freq: slidingRope?.theta,
    sliding_window: slidingWindow?.size,
    layer_types: layerTypes(config),
  };
}
