/** The families of models that are read from GGUF files: what their tensors are called there and in Hugging Face's folders. */
import { UserError } from '../../base/errors';
import { type BlockNames, blockNames } from '../../model/architectures/block-names';
import type { Family } from '../../model/architectures/table';
import type { Gguf, GgufTensor } from './header';

/**
 * What llama.cpp did to a tensor that has to be undone: `rotary` interleaved the two halves of each head's rows, `transposed`
 * turned Hugging Face's [in, out] of GPT-2 into [out, in], `aroundOne` added 1 to the weight of a norm.
 */
export type GgufLayout =
  | { readonly kind: 'same' }
  | { readonly kind: 'rotary'; readonly headSize: number }
  | { readonly kind: 'transposed' }
  | { readonly kind: 'aroundOne' };

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

interface GgufFamily {
  readonly family: Family;
  /** Whether rows of queries and keys are in llama.cpp's own order. */
  readonly rotary?: boolean;
  /** Whether queries, keys and values have biases. */
  readonly biased?: boolean;
  /** Keys that change what others compute and that are read of this one. */
  readonly reads?: readonly string[];
}

/** By llama.cpp's names. */
const families = {
  llama: { family: 'llama', rotary: true },
  qwen2: { family: 'qwen2', biased: true },
  qwen3: { family: 'qwen3' },
  gemma3: { family: 'gemma3_text' },
  smollm3: { family: 'smollm3', rotary: true },
  granite: {
    family: 'granite',
    rotary: true,
    reads: ['attention.scale', 'embedding_scale', 'residual_scale', 'logit_scale'],
  },
  gpt2: { family: 'gpt2' },
} as const satisfies Readonly<Record<string, GgufFamily>>;
export type GgufArchitecture = keyof typeof families;
/** llama.cpp's name for a family; undefined for one that it has no graph for, or that is not read here. */
export function architectureOfFamily(family: Family): GgufArchitecture | undefined {
  // llama.cpp knows Mistral's models as llama.
  if (family === 'mistral') return 'llama';
  return Object.keys(families)
    .filter(isArchitecture)
    .find((name) => families[name].family === family);
}

const isArchitecture = (name: string): name is GgufArchitecture => Object.hasOwn(families, name);

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
  const next = `Use a model of one of these architectures: ${Object.keys(families).join(', ')}.`;
  if (!isArchitecture(name)) throw new UserError(`${files[0]} holds a model of the architecture ${name}.`, next);
  const { reads = [] }: GgufFamily = families[name];
  const odd = unread
    .filter((key) => !reads.includes(key))
    .map((key) => `${name}.${key}`)
    .find((key) => metadata.isSet(key));
  if (odd !== undefined) throw new UserError(`${files[0]} holds a variant of ${name} with ${odd}.`, next);
  return name;
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

/** Parts of a layer by llama.cpp's names, with Hugging Face's. */
function partsOf(names: BlockNames): { readonly linears: [string, string][]; readonly norms: [string, string][] } {
  const { inputs, output, gateUp, down, norms, outputNorms, headNorms } = names;
  const [q, k, v] = inputs;
  const [gate, up] = gateUp;
  const optional = (source: string, name: string | undefined): [string, string][] =>
    name === undefined ? [] : [[source, name]];
  return {
    linears: [
      ['attn_q', q],
      ['attn_k', k],
      ['attn_v', v],
      ['attn_output', output],
      ['ffn_gate', gate],
      ['ffn_up', up],
      ['ffn_down', down],
    ],
    norms: [
      ['attn_norm', norms.attention],
      ['ffn_norm', norms.feedForward],
      ...optional('post_attention_norm', outputNorms?.attention),
      ...optional('post_ffw_norm', outputNorms?.feedForward),
      ...optional('attn_q_norm', headNorms?.queries),
      ...optional('attn_k_norm', headNorms?.keys),
    ],
  };
}

function planLlama(architecture: GgufArchitecture, sizes: Sizes, untied: boolean): PlannedTensor[] {
  const { layers, hidden: D, feedForward: F, vocabulary: V, heads, keyValueHeads, headSize } = sizes;
  const { family, rotary, biased }: GgufFamily = families[architecture];
  const names = blockNames(family);
  const shapes: Readonly<Record<string, readonly number[]>> = {
    attn_q: [heads * headSize, D],
    attn_k: [keyValueHeads * headSize, D],
    attn_v: [keyValueHeads * headSize, D],
    attn_output: [D, heads * headSize],
    ffn_gate: [F, D],
    ffn_up: [F, D],
    ffn_down: [D, F],
    attn_q_norm: [headSize],
    attn_k_norm: [headSize],
  };
  const { linears, norms } = partsOf(names);
  const ofNorms: GgufLayout = names.normsAroundOne === true ? { kind: 'aroundOne' } : same;
  const ofHeads: GgufLayout = rotary === true ? { kind: 'rotary', headSize } : same;
  const planned: PlannedTensor[] = [];
  const add = (source: string, name: string, shape: readonly number[], layout: GgufLayout): void => {
    planned.push({ source, name, shape, layout });
  };
  add('token_embd.weight', 'model.embed_tokens.weight', [V, D], same);
  for (let i = 0; i < layers; i++) {
    const [from, to] = [`blk.${i}`, `model.layers.${i}`];
    for (const [source, name] of norms) {
      add(`${from}.${source}.weight`, `${to}.${name}.weight`, shapes[source] ?? [D], ofNorms);
    }
    for (const [source, name] of linears) {
      const shape = shapes[source];
      add(`${from}.${source}.weight`, `${to}.${name}.weight`, shape, /attn_[qk]/.test(source) ? ofHeads : same);
      const hasBias = biased === true && names.inputs.includes(name);
      if (hasBias) add(`${from}.${source}.bias`, `${to}.${name}.bias`, [shape[0]], same);
    }
  }
  add('output_norm.weight', 'model.norm.weight', [D], ofNorms);
  if (untied) add('output.weight', 'lm_head.weight', [V, D], same);
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
