/** What a GGUF file says of a tokenizer: the inverse of ../tokenizer.ts. */
import { UserError } from '../../../base/errors';
import type { ModelConfig } from '../../../model/architectures/config';
import { readTemplate } from '../../../model/chat/source';
import { type Component, type Definition, readDefinition } from '../../../model/tokenizer/definition';
import { Tokenizer } from '../../../model/tokenizer/tokenizer';
import { gpt2Words, preTokenizerNamed } from '../pre-tokenizers';
import type { Entry } from './file';
import { tokenTypes } from '../token-types';

type Entries = [string, Entry][];

/** Throws UserError for a tokenizer that llama.cpp has no name for. */
export async function tokenizerMetadata(folder: string, config: ModelConfig): Promise<Entries> {
  const { definition, settings } = await readDefinition(folder);
  const tokenizer = await Tokenizer.open(folder, config);
  const template = await readTemplate(folder, settings);
  const count = (value: number | undefined, key: string): Entries =>
    value === undefined ? [] : [[key, { type: 'uint32', value }]];
  const idOf = (name: string | null | undefined): number | undefined =>
    name == null ? undefined : definition.added_tokens.find(({ content }) => content === name)?.id;
  const others = [...tokenizer.endTokens].filter((id) => id !== tokenizer.endToken && config.endTokens.includes(id));
  const own: Entries = [
    ...(definition.model.byte_fallback ? sentencePiece(definition) : byteLevel(definition)),
    ...vocabulary(definition, config.vocabularySize),
    ...count(tokenizer.beginToken ?? idOf(settings.bos_token) ?? config.beginToken, 'bos_token_id'),
    ...count(tokenizer.endToken, 'eos_token_id'),
    ...count(others[0], 'eot_token_id'),
    ...count(others[1], 'eom_token_id'),
    ...count(idOf(settings.unk_token), 'unknown_token_id'),
    ...count(idOf(settings.pad_token), 'padding_token_id'),
    ['add_bos_token', { type: 'boolean', value: tokenizer.beginToken !== undefined }],
    ['add_eos_token', { type: 'boolean', value: tokenizer.addsEnd }],
  ];
  const metadata: Entries = own.map(([key, entry]) => [`tokenizer.ggml.${key}`, entry]);
  return template === undefined
    ? metadata
    : [...metadata, ['tokenizer.chat_template', { type: 'string', value: template }]];
}

function unwritable(why: string): UserError {
  return new UserError(
    `No GGUF file is written of this model: its tokenizer ${why}.`,
    'Write a folder instead, which transformers loads.',
  );
}

/** Tokens in the order of their ids, and what each is. Ids of no token have a name of their own, as llama.cpp's converter has it. */
function vocabulary({ added_tokens: added, model }: Definition, size: number): Entries {
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const types = new Int32Array(size).fill(tokenTypes.unused);
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token;
    const isByte = model.byte_fallback && /^<0x[0-9A-F]{2}>$/.test(token);
    types[id] = isByte ? tokenTypes.byte : token === model.unk_token ? tokenTypes.unknown : tokenTypes.normal;
  }
  for (const { id, content, special } of added) {
    if (id >= size) continue;
    // It is looked for in texts as they are, where spaces are spaces.
    tokens[id] = model.byte_fallback && !special ? content.replaceAll('▁', ' ') : content;
    if (content !== model.unk_token) types[id] = special ? tokenTypes.control : tokenTypes.userDefined;
  }
  return [
    ['tokens', { type: 'strings', value: tokens }],
    ['token_type', { type: 'int32s', value: types }],
    ...(model.byte_fallback ? ([['scores', { type: 'float32s', value: scores(model, size) }]] as Entries) : []),
  ];
}

const mergeOf = (merge: string | readonly string[]): readonly string[] =>
  typeof merge === 'string' ? merge.split(' ') : merge;

function byteLevel({ normalizer, pre_tokenizer: cut, model }: Definition): Entries {
  const patterns = cut == null ? undefined : patternsOf(cut);
  const name =
    patterns && preTokenizerNamed({ patterns, normalizer: normalizer?.type, ignoreMerges: model.ignore_merges });
  if (name === undefined) throw unwritable('cuts texts in a way that llama.cpp has no name for');
  return [
    ['model', { type: 'string', value: 'gpt2' }],
    ['pre', { type: 'string', value: name }],
    ['merges', { type: 'strings', value: model.merges.map((merge) => mergeOf(merge).join(' ')) }],
  ];
}

/** The regular expressions by which texts are cut, one after the other; undefined for other ways. */
function patternsOf(component: Component): string[] | undefined {
  const { type, pretokenizers, pattern, behavior, individual_digits: single, use_regex: cuts = true } = component;
  if (type === 'Sequence' && Array.isArray(pretokenizers)) {
    const parts = (pretokenizers as Component[]).map(patternsOf);
    return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
  }
  if (type === 'Digits') return single === true ? ['\\p{N}'] : undefined;
  if (type === 'ByteLevel') return component.add_prefix_space === true ? undefined : cuts === true ? [gpt2Words] : [];
  const expression = type === 'Split' && behavior === 'Isolated' ? (pattern as { Regex?: unknown }).Regex : undefined;
  return typeof expression === 'string' ? [expression] : undefined;
}

/** SentencePiece's BPE: spaces become ▁ and belong to tokens, with or without one before a text. */
function sentencePiece({ normalizer, pre_tokenizer: cut }: Definition): Entries {
  const parts = (normalizer?.normalizers as Component[] | undefined) ?? (normalizer == null ? [] : [normalizer]);
  const replaces = parts.some(({ type, content }) => type === 'Replace' && content === '▁');
  const prepends = parts.some(({ type }) => type === 'Prepend');
  const marks = cut?.type === 'Metaspace' && cut.split === false;
  // What remains of a text has no spaces to be cut at.
  const leaves = cut == null || (cut.type === 'Split' && replaces);
  const known = parts.every(({ type }) => type === 'Prepend' || type === 'Replace') && parts.length <= 2;
  if (!known || replaces === marks || !(leaves || marks)) throw unwritable('treats spaces in a way of its own');
  return [
    ['model', { type: 'string', value: 'llama' }],
    ['pre', { type: 'string', value: 'default' }],
    ['add_space_prefix', { type: 'boolean', value: prepends || (marks && cut.prepend_scheme !== 'never') }],
  ];
}

/** What no pair is joined to is never joined. */
const unjoined = -1e6;

/**
 * Of each token minus its place among those that pairs are joined to: SentencePiece joins the pair whose token scores highest.
 * Throws UserError where merges of one token do not stand together, because no scores give that order.
 */
function scores({ merges, vocab }: Definition['model'], size: number): Float32Array {
  const found = new Float32Array(size).fill(unjoined);
  let last = -1;
  let place = 0;
  for (const merge of merges) {
    const id = vocab[mergeOf(merge).join('')];
    if (id === last) continue;
    if (found[id] !== unjoined) throw unwritable('joins tokens in an order that scores do not give');
    found[id] = -place++;
    last = id;
  }
  return found;
}
