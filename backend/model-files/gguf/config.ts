/** A model's `config.json`, as Hugging Face writes it, from the metadata of a GGUF file. */
import type { GgufArchitecture, Sizes } from './families';
import type { Gguf } from './header';
import type { GgufMetadata } from './metadata';
import type { GgufRopeScaling } from './rope-scaling';
import { specialToken } from './special-tokens';

const classes: Readonly<Record<GgufArchitecture, string>> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gemma3: 'Gemma3ForCausalLM',
  smollm3: 'SmolLM3ForCausalLM',
  granite: 'GraniteForCausalLM',
  gpt2: 'GPT2LMHeadModel',
};

const dtypes: Readonly<Record<string, string>> = { F16: 'float16', BF16: 'bfloat16' };

export interface ConfigParts {
  readonly architecture: GgufArchitecture;
  readonly sizes: Sizes;
  readonly untied: boolean;
  readonly scaling: GgufRopeScaling | undefined;
}

export function huggingFaceConfig(gguf: Gguf, parts: ConfigParts): Record<string, unknown> {
  const { architecture, sizes, untied } = parts;
  const { metadata, tensors } = gguf;
  const token = (name: string): number | undefined => specialToken(metadata, name);
  const ends = new Set([token('eos'), token('eot'), token('eom')].filter((id) => id !== undefined));
  const common = {
    vocab_size: sizes.vocabulary,
    tie_word_embeddings: !untied,
    bos_token_id: token('bos') ?? null,
    eos_token_id: ends.size > 1 ? [...ends] : ([...ends][0] ?? null),
    torch_dtype: dtypes[tensors.get('token_embd.weight')?.type.name ?? ''] ?? 'float32',
  };
  const ofFamily = { ...common, ...own[architecture]?.(metadata, sizes) };
  return architecture === 'gpt2' ? gpt2Config(gguf, parts, common) : llamaConfig(gguf, parts, ofFamily);
}

/** What families say beyond what Llama says. */
const own: Readonly<Partial<Record<GgufArchitecture, (metadata: GgufMetadata, sizes: Sizes) => object>>> = {
  gemma3: (metadata, { layers, headSize, hidden, heads }) => ({
    model_type: 'gemma3_text',
    hidden_activation: 'gelu_pytorch_tanh',
    // The file does not say it: the largest model alone, of 62 layers, scales scores by another size than its heads'.
    query_pre_attn_scalar: layers === 62 ? hidden / heads : headSize,
    sliding_window: metadata.count('gemma3.attention.sliding_window'),
    sliding_window_pattern: metadata.optionalCount('gemma3.attention.sliding_window_pattern') ?? 6,
    rope_local_base_freq: shortest(metadata.optionalNumber('gemma3.rope.freq_base_swa') ?? 10_000),
    rope_theta: shortest(metadata.optionalNumber('gemma3.rope.freq_base') ?? 1_000_000),
  }),
  granite: (metadata) => {
    const scale = (key: string): number => shortest(metadata.optionalNumber(`granite.${key}`) ?? 1);
    return {
      embedding_multiplier: scale('embedding_scale'),
      residual_multiplier: scale('residual_scale'),
      attention_multiplier: scale('attention.scale'),
      logits_scaling: scale('logit_scale'),
    };
  },
};

function llamaConfig(
  { metadata }: Gguf,
  { architecture, sizes, scaling }: ConfigParts,
  common: object,
): Record<string, unknown> {
  const window = metadata.optionalCount(`${architecture}.attention.sliding_window`);
  // llama.cpp knows Mistral's models as llama; what sets them apart is the window.
  const isMistral = architecture === 'llama' && window !== undefined;
  return {
    architectures: [isMistral ? 'MistralForCausalLM' : classes[architecture]],
    model_type: isMistral ? 'mistral' : architecture,
    hidden_size: sizes.hidden,
    intermediate_size: sizes.feedForward,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.keyValueHeads,
    ...(architecture === 'qwen2' ? {} : { head_dim: sizes.headSize }),
    hidden_act: 'silu',
    max_position_embeddings: sizes.positions,
    rms_norm_eps: shortest(metadata.number(`${architecture}.attention.layer_norm_rms_epsilon`)),
    rope_theta: ropeTheta(metadata, architecture),
    rope_scaling: scaling ?? null,
    ...(isMistral ? { sliding_window: window } : {}),
    ...common,
  };
}

function gpt2Config({ metadata }: Gguf, { sizes }: ConfigParts, common: object): Record<string, unknown> {
  return {
    architectures: [classes.gpt2],
    model_type: 'gpt2',
    n_embd: sizes.hidden,
    n_inner: sizes.feedForward,
    n_layer: sizes.layers,
    n_head: sizes.heads,
    n_positions: sizes.positions,
    n_ctx: sizes.positions,
    activation_function: 'gelu_new',
    layer_norm_epsilon: shortest(metadata.number('gpt2.attention.layer_norm_epsilon')),
    ...common,
  };
}

/** The base of the rotary frequencies. */
export function ropeTheta(metadata: GgufMetadata, architecture: GgufArchitecture): number {
  return shortest(metadata.optionalNumber(`${architecture}.rope.freq_base`) ?? 10_000);
}

/** A float32 as it was written: 1e-5, not 0.000009999999747378752. */
function shortest(value: number): number {
  const digits = [6, 7, 8, 9].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return digits === undefined ? value : Number(value.toPrecision(digits));
}
