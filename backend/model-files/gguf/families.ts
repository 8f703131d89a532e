/** The families of models that are read from GGUF files: what their tensors are called there and in Hugging Face's folders. */
import { UserError } from '../../base/errors';
import type { Gguf, GgufTensor } from './header';

/**
 * What llama.cpp did to a matrix that has to be undone: `rotary` interleaved the two halves of each head's rows, `transposed`
 * turned Hugging Face's [in, out] of GPT-2 into [out, in].
 */
export type GgufLayout =
  { readonly kind: 'same' } | { readonly kind: 'rotary'; readonly headSize: number } | { readonly kind: 'transposed' };

/** A tensor of a Hugging Face folder, and where its values come from. */
export interface PlannedTensor {
  readonly source: string;
  readonly name: string;
  /** Its shape in the GGUF file, rows first. */
  readonly shape: readonly number[];
  readonly layout: GgufLayout;
}

/** Sizes of a model. H heads, G heads of keys and values, d their size. */
export interface Sizes {
  readonly layers: number;
  readonly hidden: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly positions: number;
}

export const architectures = ['llama', 'qwen2', 'qwen3', 'gpt2'] as const;
export type GgufArchitecture = (typeof architectures)[number];

/** No model has more tokens or positions, or is wider. */
const largestSize = 2 ** 24;

/** What a file says that its graph would do otherwise; 0 and false say nothing. */
const unread = [
  'expert_count', 'attention.clamp_kqv', 'attention.max_alibi_bias', 'attention.scale', 'attn_logit_softcapping',
  'final_logit_softcapping', 'logit_scale', 'residual_scale', 'embedding_scale', 'use_parallel_residual',
]; // prettier-ignore

const same: GgufLayout = { kind: 'same' };
const transposed: GgufLayout = { kind: 'transposed' };

/** The model's architecture. Throws UserError for others than those that are read here, and for variants of them. */
export function readArchitecture({ files, metadata }: Gguf): GgufArchitecture {
  const name = metadata.string('general.architecture');
  const architecture = architectures.find((known) => known === name);
  const next = `Use a model of one of these architectures: ${architectures.join(', ')}.`;
  if (architecture === undefined) throw new UserError(`${files[0]} holds a model of the architecture ${name}.`, next);
  const odd = unread.map((key) => `${name}.${key}`).find((key) => metadata.isSet(key));
  if (odd !== undefined) throw new UserError(`${files[0]} holds a variant of ${name} with ${odd}.`, next);
  return architecture;
}

/** Sizes as the metadata give them. Throws UserError where they are missing or do not fit together. */
export function readSizes({ files, metadata, tensors }: Gguf, architecture: GgufArchitecture): Sizes {
  const size = (key: string): number => metadata.count(`${architecture}.${key}`);
  const optional = (key: string): number | undefined => metadata.optionalCount(`${architecture}.${key}`);
  const [layers, hidden, heads] = [size('block_count'), size('embedding_length'), size('attention.head_count')];
  const headSize = optional('attention.key_length') ?? hidden / heads;
  const sizes: Sizes = {
    layers,
    hidden,
    feedForward: size('feed_forward_length'),
    vocabulary: tensors.get('token_embd.weight')?.shape[0] ?? 0,
    heads,
    keyValueHeads: optional('attention.head_count_kv') ?? heads,
    headSize,
    positions: size('context_length'),
  };
  const fits =
    Object.values(sizes).every((value) => Number.isInteger(value) && value > 0 && value <= largestSize) &&
    // Every layer has tensors of its own; this bounds the plan before it is made.
    layers <= tensors.size &&
    heads % sizes.keyValueHeads === 0 &&
    headSize % 2 === 0 &&
    (optional('attention.value_length') ?? headSize) === headSize &&
    (architecture === 'gpt2' || (optional('rope.dimension_count') ?? headSize) === headSize);
  if (!fits) {
    const said = Object.entries(sizes).map(([name, value]) => `${name} ${value}`);
    throw new UserError(
      `The metadata of ${files[0]} describe no ${architecture} model that is read here: ${said.join(', ')}.`,
      'Use another file of the model.',
    );
  }
  return sizes;
}

/** All tensors that a model of these sizes has. `untied`: its head is not the embedding table. */
export function plan(architecture: GgufArchitecture, sizes: Sizes, untied: boolean): PlannedTensor[] {
  return architecture === 'gpt2' ? planGpt2(sizes, untied) : planLlama(architecture, sizes, untied);
}

function planLlama(architecture: GgufArchitecture, sizes: Sizes, untied: boolean): PlannedTensor[] {
  const { layers, hidden: D, feedForward: F, vocabulary: V, heads, keyValueHeads, headSize } = sizes;
  const [Q, K] = [heads * headSize, keyValueHeads * headSize];
  const rotary: GgufLayout = architecture === 'llama' ? { kind: 'rotary', headSize } : same;
  const planned: PlannedTensor[] = [];
  const add = (source: string, name: string, shape: readonly number[], layout = same): void => {
    planned.push({ source: `${source}.weight`, name: `${name}.weight`, shape, layout });
    const hasBias = architecture === 'qwen2' && /attn_[qkv]$/.test(source);
    if (hasBias) planned.push({ source: `${source}.bias`, name: `${name}.bias`, shape: [shape[0]], layout: same });
  };
  add('token_embd', 'model.embed_tokens', [V, D]);
  for (let i = 0; i < layers; i++) {
    const [from, to] = [`blk.${i}`, `model.layers.${i}`];
    add(`${from}.attn_norm`, `${to}.input_layernorm`, [D]);
    add(`${from}.attn_q`, `${to}.self_attn.q_proj`, [Q, D], rotary);
    add(`${from}.attn_k`, `${to}.self_attn.k_proj`, [K, D], rotary);
    add(`${from}.attn_v`, `${to}.self_attn.v_proj`, [K, D]);
    add(`${from}.attn_output`, `${to}.self_attn.o_proj`, [D, Q]);
    if (architecture === 'qwen3') {
      add(`${from}.attn_q_norm`, `${to}.self_attn.q_norm`, [headSize]);
      add(`${from}.attn_k_norm`, `${to}.self_attn.k_norm`, [headSize]);
    }
    add(`${from}.ffn_norm`, `${to}.post_attention_layernorm`, [D]);
    add(`${from}.ffn_gate`, `${to}.mlp.gate_proj`, [F, D]);
    add(`${from}.ffn_up`, `${to}.mlp.up_proj`, [F, D]);
    add(`${from}.ffn_down`, `${to}.mlp.down_proj`, [D, F]);
  }
  add('output_norm', 'model.norm', [D]);
  if (untied) add('output', 'lm_head', [V, D]);
  return planned;
}

function planGpt2(
  { layers, hidden: D, feedForward: F, vocabulary: V, positions }: Sizes,
  untied: boolean,
): PlannedTensor[] {
  const planned: PlannedTensor[] = [];
  const add = (source: string, name: string, shape: readonly number[], layout = same): void => {
    planned.push({ source: `${source}.weight`, name: `${name}.weight`, shape, layout });
  };
  const addWithBias = (source: string, name: string, shape: readonly number[], layout = same): void => {
    add(source, name, shape, layout);
    planned.push({ source: `${source}.bias`, name: `${name}.bias`, shape: [shape[0]], layout: same });
  };
  add('token_embd', 'transformer.wte', [V, D]);
  add('position_embd', 'transformer.wpe', [positions, D]);
  for (let i = 0; i < layers; i++) {
    const [from, to] = [`blk.${i}`, `transformer.h.${i}`];
    addWithBias(`${from}.attn_norm`, `${to}.ln_1`, [D]);
    addWithBias(`${from}.attn_qkv`, `${to}.attn.c_attn`, [3 * D, D], transposed);
    addWithBias(`${from}.attn_output`, `${to}.attn.c_proj`, [D, D], transposed);
    addWithBias(`${from}.ffn_norm`, `${to}.ln_2`, [D]);
    addWithBias(`${from}.ffn_up`, `${to}.mlp.c_fc`, [F, D], transposed);
    addWithBias(`${from}.ffn_down`, `${to}.mlp.c_proj`, [D, F], transposed);
  }
  addWithBias('output_norm', 'transformer.ln_f', [D]);
  if (untied) add('output', 'lm_head', [V, D]);
  return planned;
}

/**
 * What is planned, with the places of its values; `others` are tensors that are read for other ends. Throws UserError where a
 * tensor is missing, has another shape, or is there and has no place in the model.
 */
export function findTensors(
  { files, tensors }: Gguf,
  planned: readonly PlannedTensor[],
  others: readonly string[],
): (PlannedTensor & { readonly tensor: GgufTensor })[] {
  const wrong = (why: string): UserError =>
    new UserError(
      `${files[0]} does not hold the model that its metadata describe: ${why}.`,
      'Use another file of the model.',
    );
  const known = new Set([...others, ...planned.map(({ source }) => source)]);
  const left = [...tensors.keys()].find((name) => !known.has(name));
  if (left !== undefined) throw wrong(`${left} belongs to no model of this architecture`);
  return planned.map((one) => {
    const tensor = tensors.get(one.source);
    if (tensor === undefined) throw wrong(`${one.source} is missing`);
    if (tensor.shape.join() === one.shape.join()) return { ...one, tensor };
    throw wrong(`${one.source} is [${tensor.shape.join(', ')}] and not [${one.shape.join(', ')}]`);
  });
}
