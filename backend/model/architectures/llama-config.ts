/** What Llama, Mistral, Qwen2 and Qwen3 call their settings, and what they assume where a `config.json` says nothing. */
import { z } from 'zod';
import type { FamilyConfig, ModelConfig, SlidingWindow } from './config';
import { readRope, ropeSchema, writeRope } from './rope';
import type { Family } from './table';
import { activationNamed } from './activation';
import { windowed } from './layers';
import { contradiction, parseFields, size, unsupported } from './fields';

export type LlamaFamily = 'llama' | 'mistral' | 'qwen2' | 'qwen3';

/** Of all families that have the shape of Llama. */
export const llamaSchema = ropeSchema.extend({
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullable(),
  head_dim: size.nullable(),
  hidden_act: z.string(),
  rms_norm_eps: z.number().positive(),
  attention_bias: z.boolean().nullable(),
  mlp_bias: z.boolean().nullable(),
  tie_word_embeddings: z.boolean(),
  use_sliding_window: z.boolean().nullable(),
  sliding_window: size.nullable(),
  layer_types: z.array(z.string()).nullable(),
});

export type LlamaFields = z.infer<typeof llamaSchema>;

const schema = llamaSchema.extend({ max_window_layers: z.int().nonnegative() });

type Fields = z.infer<typeof schema>;

/** What most of them assume. */
export const llamaDefaults = {
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  head_dim: null,
  hidden_act: 'silu',
  rms_norm_eps: 1e-6,
  attention_bias: false,
  mlp_bias: false,
  tie_word_embeddings: false,
  use_sliding_window: false,
  sliding_window: null,
  layer_types: null,
};

const common = { ...llamaDefaults, max_window_layers: 0 };

const qwen = {
  ...common,
  vocab_size: 151_936,
  intermediate_size: 22_016,
  num_key_value_heads: 32,
  max_position_embeddings: 32_768,
  sliding_window: 4096,
  max_window_layers: 28,
};

/** The defaults of transformers' LlamaConfig, MistralConfig, Qwen2Config and Qwen3Config. */
const defaults: Readonly<Record<LlamaFamily, Omit<Fields, 'rope_theta'>>> = {
  llama: {
    ...common,
    vocab_size: 32_000,
    intermediate_size: 11_008,
    num_key_value_heads: null,
    max_position_embeddings: 2048,
  },
  mistral: {
    ...common,
    vocab_size: 32_000,
    intermediate_size: 14_336,
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
  },
  qwen2: qwen,
  qwen3: { ...qwen, head_dim: 128 },
};

const attentionInputs = ['q_proj', 'k_proj', 'v_proj'];
const feedForward = ['gate_proj', 'up_proj', 'down_proj'];

export function readLlama(family: LlamaFamily, json: unknown, path: string): FamilyConfig {
  const c = parseFields(schema, { ...defaults[family], ...(json as object) }, path);
  const slidingWindow = readWindow(family, c, path);
  return {
    ...readShape(family, c, path),
    rope: readRope(c, path),
    biases: biasesOf(family, c),
    ...(slidingWindow === undefined ? {} : { slidingWindow }),
  };
}

/** What all of them say alike. */
export function readShape(family: Family, c: LlamaFields, path: string): FamilyConfig {
  const headSize = c.head_dim ?? c.hidden_size / c.num_attention_heads;
  const keyValueHeads = c.num_key_value_heads ?? c.num_attention_heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0 || c.num_attention_heads % keyValueHeads !== 0) {
    throw contradiction(path, 'its heads do not divide its width');
  }
  return {
    architecture: family,
    vocabularySize: c.vocab_size,
    hiddenSize: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    keyValueHeads,
    headSize,
    feedForwardSize: c.intermediate_size,
    activation: activationNamed(c.hidden_act, 'hidden_act', path),
    normEpsilon: c.rms_norm_eps,
    maxPositions: c.max_position_embeddings,
    biases: attentionBiases(c),
    tiedHead: c.tie_word_embeddings,
  };
}

const attentionBiases = ({ attention_bias: biased }: LlamaFields): string[] =>
  biased === true ? [...attentionInputs, 'o_proj'] : [];

function biasesOf(family: LlamaFamily, c: Fields): string[] {
  if (family === 'mistral') return [];
  if (family === 'qwen2') return attentionInputs;
  return [...attentionBiases(c), ...(c.mlp_bias === true && family === 'llama' ? feedForward : [])];
}

/** Llama has no windows, Mistral has them in all layers, Qwen in the upper ones or where `layer_types` says so. */
function readWindow(family: LlamaFamily, c: Fields, path: string): SlidingWindow | undefined {
  if (family === 'llama' && c.sliding_window !== null) throw unsupported(path, 'sliding_window', c.sliding_window);
  const window = family === 'mistral' || c.use_sliding_window === true ? c.sliding_window : null;
  const all = Array.from({ length: c.num_hidden_layers }, (_, layer) => layer);
  if (c.layer_types === null) {
    const layers = family === 'mistral' ? all : all.slice(c.max_window_layers);
    return window === null || layers.length === 0 ? undefined : { size: window, layers };
  }
  const layers = slidingLayers(c, c.layer_types, path);
  // Some programs go by the one, some by the other.
  if (window === null ? layers.length > 0 : family === 'mistral' && layers.length < all.length) {
    throw contradiction(path, 'layer_types and sliding_window contradict each other');
  }
  return window === null || layers.length === 0 ? undefined : { size: window, layers };
}

/** Layers that look through a window, by `layer_types`. Throws UserError for layers of other kinds than attention. */
export function slidingLayers(
  { num_hidden_layers: layers }: LlamaFields,
  types: readonly string[],
  path: string,
): number[] {
  const known = types.every((type) => type === 'full_attention' || type === 'sliding_attention');
  if (!known || types.length !== layers) throw unsupported(path, 'layer_types', types);
  return types.flatMap((type, layer) => (type === 'sliding_attention' ? [layer] : []));
}

const classes: Readonly<Record<LlamaFamily, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
};

export function writeLlama(family: LlamaFamily, config: ModelConfig): Record<string, unknown> {
  return {
    ...writeShape(classes[family], config),
    ...(config.rope === undefined ? {} : writeRope(config.rope)),
    mlp_bias: config.biases?.includes('down_proj') === true,
    ...writeWindow(config),
  };
}

/** What all families of this shape say alike. */
export function writeShape(className: string, config: ModelConfig): Record<string, unknown> {
  return {
    architectures: [className],
    model_type: config.architecture,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    intermediate_size: config.feedForwardSize,
    rms_norm_eps: config.normEpsilon,
    max_position_embeddings: config.maxPositions,
    hidden_act: activationName(config),
    attention_bias: config.biases?.includes('o_proj') === true,
  };
}

export const activationName = ({ activation }: ModelConfig): string =>
  activation === 'gelu' ? 'gelu_pytorch_tanh' : activation;

function writeWindow(config: ModelConfig): Record<string, unknown> {
  const { architecture, slidingWindow, layers } = config;
  if (architecture === 'llama') return {};
  if (architecture === 'mistral') return { sliding_window: slidingWindow?.size ?? null };
  const first = slidingWindow === undefined ? layers : Math.min(...slidingWindow.layers);
  return {
    use_sliding_window: slidingWindow !== undefined,
    sliding_window: slidingWindow?.size ?? null,
    max_window_layers: first,
    layer_types: layerTypes(config),
  };
}

export const layerTypes = (config: ModelConfig): string[] =>
  Array.from({ length: config.layers }, (_, layer) =>
    windowed(config, layer) ? 'sliding_attention' : 'full_attention',
  );
