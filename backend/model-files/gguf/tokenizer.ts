/** A model's `tokenizer.json` and `tokenizer_config.json` from the vocabulary in a GGUF file. */
import { UserError } from '../../base/errors';
import type { Gguf } from './header';
import type { GgufMetadata } from './metadata';
import { mergesByScore } from '../../model/tokenizer/merges-by-score';
import { puttingAround } from '../../model/tokenizer/post-processor';
import { preTokenizer } from './pre-tokenizers';
import { specialToken } from './special-tokens';
import { tokenTypes } from './token-types';

const { normal, unknown, control, userDefined, unused, byte } = tokenTypes;

/** Characters: the longest pieces of known vocabularies have about thirty. Cutting one costs the square of them. */
const longestPiece = 128;

interface Vocabulary {
  readonly path: string;
  readonly metadata: GgufMetadata;
  readonly tokens: readonly string[];
  readonly types: ArrayLike<number>;
}

export interface TokenizerFiles {
  readonly definition: object;
  readonly settings: object;
}

/** Throws UserError for tokenizers of other kinds than byte-level BPE and SentencePiece's BPE, and for unusable vocabularies. */
export function tokenizerFilesOf(gguf: Gguf, vocabularySize: number): TokenizerFiles {
  const vocabulary = readVocabulary(gguf, vocabularySize);
  const model = gguf.metadata.string('tokenizer.ggml.model');
  if (model === 'gpt2') return byteLevel(vocabulary);
  if (model === 'llama') return sentencePiece(vocabulary);
  throw new UserError(
    `${vocabulary.path} has a tokenizer of the kind ${model}.`,
    'Use a model with a byte-level (gpt2) or SentencePiece (llama) tokenizer.',
  );
}

function readVocabulary({ files: [path], metadata }: Gguf, size: number): Vocabulary {
  const wrong = (why: string): UserError =>
    new UserError(`The vocabulary of ${path} cannot be used: ${why}.`, 'Use another file of the model.');
  const tokens = metadata.strings('tokenizer.ggml.tokens');
  const types = metadata.optionalNumbers('tokenizer.ggml.token_type') ?? new Int32Array(tokens.length).fill(normal);
  if (tokens.length > size) throw wrong(`it has ${tokens.length} tokens, and the model ${size}`);
  if (types.length !== tokens.length) throw wrong(`it has ${tokens.length} tokens and types for ${types.length}`);
  if (new Set(tokens).size !== tokens.length) {
    const seen = new Set<string>();
    const twice = tokens.find((token) => seen.size === seen.add(token).size);
    throw wrong(`it has the token ${JSON.stringify(twice)} twice`);
  }
  return { path, metadata, tokens, types };
}

/** Byte-level BPE, as in GPT-2. */
function byteLevel(vocabulary: Vocabulary): TokenizerFiles {
  const { path, metadata } = vocabulary;
  const { patterns, normalizer, ignoreMerges, addsBegin } = preTokenizer(path, metadata);
  const split = patterns.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return files(vocabulary, addsBegin ?? false, {
    normalizer: normalizer ?? null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...split, bytes] },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges ?? false,
      merges: readMerges(vocabulary),
    },
  });
}

/** Pairs; a space separates them, and a token of the byte alphabet has none. */
function readMerges({ path, metadata, tokens }: Vocabulary): string[][] {
  const known = new Set(tokens);
  return metadata.strings('tokenizer.ggml.merges').map((merge, i) => {
    const parts = merge.split(' ');
    if (parts.length === 2 && parts.every((part) => known.has(part)) && known.has(parts.join(''))) return parts;
    throw new UserError(
      `The vocabulary of ${path} cannot be used: merge ${i} does not make a token of two others.`,
      'Use another file of the model.',
    );
  });
}

/** SentencePiece's BPE: spaces are tokens' own, unknown characters fall back to bytes. */
function sentencePiece(vocabulary: Vocabulary): TokenizerFiles {
  const { metadata, tokens, types } = vocabulary;
  const prefix = metadata.optionalBoolean('tokenizer.ggml.add_space_prefix') ?? true;
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const unknownToken = tokens[specialToken(metadata, 'unknown') ?? 0];
  return files(vocabulary, true, {
    normalizer: { type: 'Sequence', normalizers: [...(prefix ? [{ type: 'Prepend', prepend: '▁' }] : []), replace] },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [strip] : []),
      ],
    },
    model: {
      unk_token: unknownToken,
      fuse_unk: true,
      byte_fallback: Array.prototype.includes.call(types, byte),
      ignore_merges: false,
      merges: mergesFromScores(vocabulary),
    },
  });
}

function mergesFromScores({ path, metadata, tokens, types }: Vocabulary): string[][] {
  const scores = metadata.optionalNumbers('tokenizer.ggml.scores');
  if (scores?.length !== tokens.length) {
    throw new UserError(`The vocabulary of ${path} has no score for each token.`, 'Use another file of the model.');
  }
  const merged = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (types[id] === normal || types[id] === userDefined || types[id] === unused) merged.set(token, scores[id]);
    if (token.length > longestPiece) {
      throw new UserError(
        `The vocabulary of ${path} has a token of ${token.length} characters.`,
        'Use another file of the model.',
      );
    }
  }
  return mergesByScore(merged);
}

/** What both kinds have in common: the vocabulary itself, special tokens, and the chat template. */
function files(
  { path, metadata, tokens, types }: Vocabulary,
  addsBeginByDefault: boolean,
  { model, ...parts }: { readonly model: object } & Record<string, unknown>,
): TokenizerFiles {
  const token = (name: string): string | undefined => {
    const id = specialToken(metadata, name);
    if (id === undefined || id < tokens.length) return id === undefined ? undefined : tokens[id];
    throw new UserError(`The vocabulary of ${path} has no token ${id} (${name}).`, 'Use another file of the model.');
  };
  const [begin, end] = [token('bos'), token('eos')];
  const addsBegin = metadata.optionalBoolean('tokenizer.ggml.add_bos_token') ?? addsBeginByDefault;
  const addsEnd = metadata.optionalBoolean('tokenizer.ggml.add_eos_token') ?? false;
  const isAdded = (id: number): boolean => types[id] === unknown || types[id] === control || types[id] === userDefined;
  const added = tokens.flatMap((content, id) => {
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return isAdded(id) ? [{ id, content, ...flags, special: types[id] !== userDefined }] : [];
  });
  const ids = new Map(tokens.map((content, id) => [content, id]));
  return {
    definition: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      ...parts,
      post_processor: puttingAround(ids, addsBegin ? begin : undefined, addsEnd ? end : undefined),
      model: { type: 'BPE', dropout: null, ...model, vocab: Object.fromEntries(ids) },
    },
    settings: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: begin ?? null,
      eos_token: end ?? null,
      unk_token: token('unknown') ?? null,
      pad_token: token('padding') ?? null,
      add_bos_token: addsBegin,
      add_eos_token: addsEnd,
      clean_up_tokenization_spaces: false,
      chat_template: metadata.optionalString('tokenizer.chat_template'),
    },
  };
}
