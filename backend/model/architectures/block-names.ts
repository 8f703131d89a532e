/** What the parts of a layer are called in the families that have the shape of Llama, and how they differ from it. */
import type { Family } from './table';

/** Paths within a layer. */
export interface BlockNames {
  /** Queries, keys and values: a linear layer each, or one for all. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** Gate and up, likewise. */
  readonly gateUp: readonly string[];
  readonly down: string;
  /** Norms of what each half reads, and of what it gives where that is normed too. */
  readonly norms: { readonly attention: string; readonly feedForward: string };
  readonly outputNorms?: { readonly attention: string; readonly feedForward: string };
  /** Norms of each head's queries and keys. */
  readonly headNorms?: { readonly queries: string; readonly keys: string };
  /** Whether norms multiply by 1 + their weight. */
  readonly normsAroundOne?: boolean;
}

const llama: BlockNames = {
  inputs: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  output: 'self_attn.o_proj',
  gateUp: ['mlp.gate_proj', 'mlp.up_proj'],
  down: 'mlp.down_proj',
  norms: { attention: 'input_layernorm', feedForward: 'post_attention_layernorm' },
};

const headNorms = { queries: 'self_attn.q_norm', keys: 'self_attn.k_norm' };

const gemma3: BlockNames = {
  ...llama,
  norms: { attention: 'input_layernorm', feedForward: 'pre_feedforward_layernorm' },
  outputNorms: { attention: 'post_attention_layernorm', feedForward: 'post_feedforward_layernorm' },
  headNorms,
  normsAroundOne: true,
};

/** Families that differ from Llama. */
const others: Readonly<Partial<Record<Family, BlockNames>>> = {
  qwen3: { ...llama, headNorms },
  gemma3_text: gemma3,
  granitemoehybrid: { ...llama, gateUp: ['shared_mlp.input_linear'], down: 'shared_mlp.output_linear' },
  phi3: { ...llama, inputs: ['self_attn.qkv_proj'], gateUp: ['mlp.gate_up_proj'] },
};

export const blockNames = (family: Family): BlockNames => others[family] ?? llama;
