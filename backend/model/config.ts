import { z } from 'zod';
import { UserError } from '../protocol/errors';
import { readJson } from '../protocol/files';
import { tokenIds } from './tokenizer/control-tokens';

/** Dimensions of a Llama-family model. D `hiddenSize`, V `vocabularySize`, H `heads`, d `headSize`. */
export interface ModelConfig {
  readonly architecture: 'llama';
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly feedForwardSize: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  readonly maxPositions: number;
  /** Whether the head is the embedding table. */
  readonly tiedHead: boolean;
  /** Token that precedes a text, where the configuration names one. What holds of a model is said by its tokenizer. */
  readonly beginToken?: number | undefined;
  /** Tokens that end a text, where the configuration names any. */
  readonly endTokens: readonly number[];
}

const size = z
  .int()
  .positive()
  .max(2 ** 24);

const huggingFaceSchema = z.object({
  model_type: z.string(),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  intermediate_size: size,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  rope_parameters: z.object({ rope_theta: z.number().positive().optional() }).nullish(),
  max_position_embeddings: size,
  tie_word_embeddings: z.boolean().optional(),
  bos_token_id: tokenIds,
  eos_token_id: tokenIds,
});

/** Reads a Hugging Face `config.json`. Throws UserError for a missing or malformed file and for another architecture. */
export async function readConfig(path: string): Promise<ModelConfig> {
  const parsed = huggingFaceSchema.safeParse(await readJson(path, "The model's configuration"));
  if (!parsed.success) {
    throw new UserError(
      `${path} does not describe a model: ${z.prettifyError(parsed.error)}`,
      'Fetch the model again.',
    );
  }
  const c = parsed.data;
  if (c.model_type !== 'llama') {
    throw new UserError(`${path} describes a ${c.model_type} model.`, 'Use a model of the Llama family.');
  }
  const headSize = c.head_dim ?? c.hidden_size / c.num_attention_heads;
  const keyValueHeads = c.num_key_value_heads ?? c.num_attention_heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0 || c.num_attention_heads % keyValueHeads !== 0) {
    throw new UserError(`${path}: its heads do not divide its width.`, 'Fetch the model again.');
  }
  return {
    architecture: 'llama',
    vocabularySize: c.vocab_size,
    hiddenSize: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    keyValueHeads,
    headSize,
    feedForwardSize: c.intermediate_size,
    normEpsilon: c.rms_norm_eps,
    ropeTheta: c.rope_theta ?? c.rope_parameters?.rope_theta ?? 10_000,
    maxPositions: c.max_position_embeddings,
    tiedHead: c.tie_word_embeddings ?? false,
    beginToken: c.bos_token_id[0],
    endTokens: c.eos_token_id,
  };
}

/** The same as `config.json` of Hugging Face's LlamaForCausalLM. */
export function toHuggingFace(config: ModelConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    intermediate_size: config.feedForwardSize,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tiedHead,
    bos_token_id: config.beginToken,
    eos_token_id: config.endTokens.length === 1 ? config.endTokens[0] : config.endTokens,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: 'float16',
  };
}
