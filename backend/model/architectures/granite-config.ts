/** What Granite calls its settings: GraniteConfig of transformers, and GraniteMoeHybridConfig of those of Granite 4 that are dense. */
import { z } from 'zod';
import type { FamilyConfig, ModelConfig } from './config';
import { parseFields, size, unsupported } from './fields';
import { llamaDefaults, llamaSchema, readShape, writeShape } from './llama-config';
import { readRope, writeRope } from './rope';

const positive = z.number().positive();

const schema = llamaSchema.extend({
  embedding_multiplier: positive,
  residual_multiplier: positive,
  attention_multiplier: positive,
  logits_scaling: positive,
});

type Fields = z.infer<typeof schema>;

const defaults = {
  ...llamaDefaults,
  vocab_size: 32_000,
  intermediate_size: 11_008,
  num_key_value_heads: null,
  max_position_embeddings: 2048,
  embedding_multiplier: 1,
  residual_multiplier: 1,
  attention_multiplier: 1,
  logits_scaling: 1,
};

const scalesOf = (c: Fields): Pick<FamilyConfig, 'scales'> => ({
  scales: {
    embedding: c.embedding_multiplier,
    residual: c.residual_multiplier,
    attention: c.attention_multiplier,
    logits: c.logits_scaling,
  },
});

const writeScales = ({ scales = {} }: ModelConfig): Record<string, unknown> => ({
  embedding_multiplier: scales.embedding,
  residual_multiplier: scales.residual,
  attention_multiplier: scales.attention,
  logits_scaling: scales.logits,
});

export function readGranite(json: unknown, path: string): FamilyConfig {
  const c = parseFields(schema, { ...defaults, ...(json as object) }, path);
  if (c.mlp_bias === true) throw unsupported(path, 'mlp_bias', true);
  return { ...readShape('granite', c, path), rope: readRope(c, path), ...scalesOf(c) };
}

export function writeGranite(config: ModelConfig): Record<string, unknown> {
  const { rope } = config;
  return {
    ...writeShape('GraniteForCausalLM', config),
    ...(rope === undefined ? {} : writeRope(rope)),
    mlp_bias: false,
    ...writeScales(config),
  };
}

const hybridSchema = schema.extend({
  num_local_experts: z.int().nonnegative().nullable(),
  shared_intermediate_size: size,
  position_embedding_type: z.string().nullable(),
});

const hybridDefaults = {
  ...defaults,
  num_local_experts: 8,
  shared_intermediate_size: 1024,
  position_embedding_type: null,
};

/** The layers of those that compute with states instead of attention, or with experts, are refused by name. */
export function readGraniteHybrid(json: unknown, path: string): FamilyConfig {
  const c = parseFields(hybridSchema, { ...hybridDefaults, ...(json as object) }, path);
  const types = c.layer_types ?? ['mamba'];
  const other = types.find((type) => type !== 'attention' && type !== 'full_attention');
  if (other !== undefined) throw unsupported(path, 'layer_types', other);
  if (types.length !== c.num_hidden_layers) throw unsupported(path, 'layer_types', types);
  if (c.num_local_experts !== 0) throw unsupported(path, 'num_local_experts', c.num_local_experts);
  const turns = c.position_embedding_type === 'rope';
  return {
    ...readShape('granitemoehybrid', { ...c, intermediate_size: c.shared_intermediate_size }, path),
    ...(turns ? { rope: readRope(c, path) } : {}),
    ...scalesOf(c),
  };
}

export function writeGraniteHybrid(config: ModelConfig): Record<string, unknown> {
  const { rope, layers, feedForwardSize } = config;
  return {
    ...writeShape('GraniteMoeHybridForCausalLM', config),
    ...(rope === undefined
      ? { position_embedding_type: null }
      : { ...writeRope(rope), position_embedding_type: 'rope' }),
    shared_intermediate_size: feedForwardSize,
    num_local_experts: 0,
    num_experts_per_tok: 0,
    layer_types: Array.from({ length: layers }, () => 'attention'),
    ...writeScales(config),
  };
}
