import { byteLetters } from '../../backend/model/tokenizer/bytes';

/** Special tokens by id: the separator (and start) of documents, and padding. */
export const specialTokens = ['<|endoftext|>', '<|pad|>'] as const;

const digits = /[^\p{N}]+|\p{N}/gu;
const pieces =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The pieces that no token crosses: each digit by itself, the rest by GPT-2's pattern, as tokenizer.json declares it. */
export function pretokenize(text: string): string[] {
  return (text.match(digits) ?? []).flatMap((part) => part.match(pieces) ?? []);
}

/** Two symbols that become one; a symbol is a string of byte letters. */
export type Merge = readonly [string, string];

/** The two files of Hugging Face's format for a byte-level BPE tokenizer with these merges in order of rank. */
export function tokenizerFiles(merges: readonly Merge[]): Record<string, object> {
  const symbols = [...specialTokens, ...byteLetters, ...merges.map(([left, right]) => left + right)];
  return { 'tokenizer.json': tokenizerJson(symbols, merges), 'tokenizer_config.json': configJson() };
}

function tokenizerJson(symbols: readonly string[], merges: readonly Merge[]): object {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(symbols.map((symbol, id) => [symbol, id])),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
}

function configJson(): object {
  const [separator, padding] = specialTokens;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: separator,
    eos_token: separator,
    pad_token: padding,
    add_bos_token: false,
    add_eos_token: false,
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
  };
}
