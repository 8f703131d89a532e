import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../base/errors';
import { exists, readJson } from '../../base/files';
import { firstFault } from '../../base/issues';
import { readSentencePiece } from './sentencepiece';
import { readVocabularyFiles } from './vocabulary-files';
import { tableOf } from '../../base/table';

/** A token that is found in a text as it stands, before anything else is made of that text. */
const addedToken = z.object({
  id: z
    .int()
    .nonnegative()
    .max(2 ** 24),
  content: z.string().min(1),
  /** Only where no letter, digit or mark touches it. */
  single_word: z.boolean().default(false),
  /** Takes the white space before it, or after it, along. */
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  /** Looked for in the normalized text. */
  normalized: z.boolean().optional(),
  /** Controls the model: begins, ends or divides a text and is no part of it. */
  special: z.boolean().default(false),
});
export type AddedToken = z.output<typeof addedToken>;

/** A normalizer, pre-tokenizer or decoder: `type` names it, the rest are its settings. */
const component = z.looseObject({ type: z.string() });
export type Component = z.output<typeof component>;

const isId = (id: unknown): boolean => Number.isInteger(id) && Number(id) >= 0 && Number(id) < 2 ** 24;

function isVocabulary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(isId);
}

function isMerges(value: unknown): boolean {
  const isPair = (merge: unknown): boolean =>
    typeof merge === 'string' ||
    (Array.isArray(merge) && merge.length === 2 && merge.every((one) => typeof one === 'string'));
  return Array.isArray(value) && value.every(isPair);
}

const bpe = z.object({
  type: z.literal('BPE'),
  // Hundreds of thousands of entries: too many for a schema to look at each.
  vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, 'is no table of token ids'),
  merges: z.custom<readonly (string | readonly string[])[]>(isMerges, 'is no list of pairs of tokens'),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.literal('').nullish(),
  end_of_word_suffix: z.literal('').nullish(),
  fuse_unk: z.boolean().default(false),
  byte_fallback: z.boolean().default(false),
  ignore_merges: z.boolean().default(false),
});
export type BpeDefinition = z.output<typeof bpe>;

/** What `tokenizer.json` holds. */
const definition = z.object({
  added_tokens: z.array(addedToken).default([]),
  normalizer: component.nullish(),
  pre_tokenizer: component.nullish(),
  /** Puts begin and end around a text. */
  post_processor: component.nullish(),
  decoder: component.nullish(),
  model: bpe,
});
export type Definition = z.output<typeof definition>;

const named = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]).nullish();

const settings = z.object({
  bos_token: named,
  eos_token: named,
  unk_token: named,
  pad_token: named,
  additional_special_tokens: z.array(named).nullish(),
  /** Tokens by id that `tokenizer.json` may lack. */
  added_tokens_decoder: tableOf(z.looseObject({})).nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  legacy: z.boolean().nullish(),
  tokenizer_class: z.string().nullish(),
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
});
/** What of `tokenizer_config.json` bears on ids and texts. */
export type Settings = z.output<typeof settings>;

/** The tokenizer of a model folder. Throws UserError where there is none, or none of a kind that is supported. */
export async function readDefinition(folder: string): Promise<{ definition: Definition; settings: Settings }> {
  const settingsPath = join(folder, 'tokenizer_config.json');
  const config = (await exists(settingsPath)) ? await readJson(settingsPath, 'The tokenizer configuration') : {};
  const known = parsed(settings, config, settingsPath);
  const found = parsed(definition, await readFiles(folder, known), folder);
  return { definition: { ...found, added_tokens: addedTokens(found, known) }, settings: known };
}

/** `tokenizer.json`, or what it would hold where only older files are there. */
async function readFiles(folder: string, known: Settings): Promise<unknown> {
  const path = join(folder, 'tokenizer.json');
  const older = (await exists(path)) ? undefined : await readOlderFiles(folder, known);
  return older ?? readJson(path, "The model's tokenizer");
}

async function readOlderFiles(folder: string, known: Settings): Promise<unknown> {
  return (await readVocabularyFiles(folder, known)) ?? readSentencePiece(folder, known);
}

/**
 * The added tokens of both files. Those that `tokenizer_config.json` names as a text's begin, end or padding are special,
 * whatever `tokenizer.json` says of them, and are added even where they are in the vocabulary alone.
 */
function addedTokens({ added_tokens: added, model }: Definition, known: Settings): AddedToken[] {
  const { bos_token: bos, eos_token: eos, unk_token: unk, pad_token: pad, additional_special_tokens: more } = known;
  const names = new Set([bos, eos, unk, pad, ...(more ?? [])].filter((name) => name != null));
  const tokens = new Map(added.map((token) => [token.content, token]));
  const add = (token: unknown): void => {
    const { data } = addedToken.safeParse(token);
    if (data !== undefined && !tokens.has(data.content)) tokens.set(data.content, data);
  };
  for (const [id, token] of Object.entries(known.added_tokens_decoder ?? {})) add({ ...token, id: Number(id) });
  for (const name of names) if (Object.hasOwn(model.vocab, name)) add({ id: model.vocab[name], content: name });
  return [...tokens.values()].map((token) => ({ ...token, special: token.special || names.has(token.content) }));
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    `The tokenizer of ${path} cannot be used: ${firstFault(result.error)}`,
    'Use a model with a BPE tokenizer.',
  );
}
