import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { exists, readJson } from '../../base/files';
import type { Settings } from './definition';

/** How to get the file that every tokenizer can be read from. */
export const makeTokenizerJson =
  'Fetch or make its tokenizer.json: transformers writes one with AutoTokenizer.from_pretrained(folder).save_pretrained(folder).';

const qwen = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/**
 * What `tokenizer.json` would hold for a folder with `vocab.json` and `merges.txt`, the older files of GPT-2 and Qwen2. Returns
 * undefined where they are not there, and throws UserError for another kind of tokenizer in such files.
 */
export async function readVocabularyFiles(folder: string, settings: Settings): Promise<unknown> {
  const vocabularyPath = join(folder, 'vocab.json');
  const mergesPath = join(folder, 'merges.txt');
  if (!(await exists(vocabularyPath)) || !(await exists(mergesPath))) return undefined;
  const kind = (settings.tokenizer_class ?? 'GPT2Tokenizer').replace(/Fast$/u, '');
  if (kind !== 'GPT2Tokenizer' && kind !== 'Qwen2Tokenizer') {
    throw new UserError(`${folder} has a ${kind} in vocab.json and merges.txt, which is not read.`, makeTokenizerJson);
  }
  const vocab = (await readJson(vocabularyPath, "The tokenizer's vocabulary")) as Record<string, number>;
  const lines = (await readFile(mergesPath, 'utf8')).split(/\r?\n/u);
  const merges = lines.filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const bytes = (add_prefix_space: boolean, use_regex: boolean): object => ({
    type: 'ByteLevel',
    add_prefix_space,
    use_regex,
  });
  const split = { type: 'Split', pattern: { Regex: qwen }, behavior: 'Isolated', invert: false };
  const isQwen = kind === 'Qwen2Tokenizer';
  return {
    added_tokens: await readAddedTokens(folder, vocab, isQwen ? [] : ['<|endoftext|>']),
    normalizer: isQwen ? { type: 'NFC' } : null,
    pre_tokenizer: isQwen
      ? { type: 'Sequence', pretokenizers: [split, bytes(false, false)] }
      : bytes(settings.add_prefix_space ?? false, true),
    decoder: bytes(false, true),
    model: { type: 'BPE', vocab, merges },
  };
}

/** The tokens of `added_tokens.json`, an older file, and some of the vocabulary. They are special: documents name none of them. */
export async function readAddedTokens(
  folder: string,
  vocabulary: Readonly<Record<string, number>>,
  names: readonly string[],
): Promise<object[]> {
  const path = join(folder, 'added_tokens.json');
  const file = (await exists(path)) ? ((await readJson(path, 'The added tokens')) as Record<string, unknown>) : {};
  const known = names.filter((name) => Object.hasOwn(vocabulary, name)).map((name) => [name, vocabulary[name]]);
  return [...Object.entries(file), ...known].map(([content, id]) => ({ id, content, special: true }));
}
