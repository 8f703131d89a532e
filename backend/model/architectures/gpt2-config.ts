import { formatNumber } from '../../base/format';
import { z } from 'zod';
import type { FamilyConfig, ModelConfig } from './config';
import { contradiction, parseFields, size, unsupported } from './fields';
import { activationNamed } from './activation';

/** GPT2Config of transformers. `reorder_and_upcast_attn` changes nothing in float32. */
const schema = z.object({
  vocab_size: size.default(50_257),
  n_positions: size.default(1024),
  n_embd: size.default(768),
  n_layer: size.default(12),
  n_head: size.default(12),
  n_inner: size.nullish(),
  activation_function: z.string().default('gelu_new'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

export function readGpt2(json: unknown, path: string): FamilyConfig {
  const c = parseFields(schema, json, path);
  if (!c.scale_attn_weights) throw unsupported(path, 'scale_attn_weights', false);
  if (c.add_cross_attention) throw unsupported(path, 'add_cross_attention', true);
  if (c.n_embd % c.n_head !== 0)
    throw contradiction(path, `${formatNumber(c.n_head, 'head does', 'heads do')} not divide a width of ${c.n_embd}`);
  return {
    architecture: 'gpt2',
    vocabularySize: c.vocab_size,
    hiddenSize: c.n_embd,
    layers: c.n_layer,
    heads: c.n_head,
    keyValueHeads: c.n_head,
    headSize: c.n_embd / c.n_head,
    feedForwardSize: c.n_inner ?? 4 * c.n_embd,
    activation: activationNamed(c.activation_function, 'activation_function', path),
    normEpsilon: c.layer_norm_epsilon,
    maxPositions: c.n_positions,
    scaleByLayer: c.scale_attn_by_inverse_layer_idx,
    tiedHead: c.tie_word_embeddings,
  };
}

export function writeGpt2(config: ModelConfig): Record<string, unknown> {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_positions: config.maxPositions,
    n_embd: config.hiddenSize,
    n_layer: config.layers,
    n_head: config.heads,
    n_inner: config.feedForwardSize,
    activation_function: config.activation === 'gelu' ? 'gelu_new' : config.activation,
    layer_norm_epsilon: config.normEpsilon,
    scale_attn_weights: true,
    scale_attn_by_inverse_layer_idx: config.scaleByLayer ?? false,
  };
}
