/**
 * How texts are cut into pieces before their bytes are merged. llama.cpp keeps the name of the way alone (`tokenizer.ggml.pre`);
 * what it stands for is what the tokenizer.json of the models of that name says.
 */
import { UserError } from '../../base/errors';
import type { GgufMetadata } from './metadata';

export interface GgufPreTokenizer {
  /** Regular expressions that cut one after the other. */
  readonly patterns: readonly string[];
  readonly normalizer?: { readonly type: 'NFC' };
  /** A piece that is a token as a whole is not merged. */
  readonly ignoreMerges?: boolean;
  /** The begin token stands before every text, where the file does not say. */
  readonly addsBegin?: boolean;
}

/** GPT-2's own. */
export const gpt2Words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** With numbers of at most so many digits in a piece. */
const cased = (number: string): string =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${number}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const mixed =
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*|` +
  '\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const gpt2: GgufPreTokenizer = { patterns: [gpt2Words] };
const digits: GgufPreTokenizer = { patterns: ['\\p{N}', gpt2Words] };
const llama3: GgufPreTokenizer = { patterns: [cased('\\p{N}{1,3}')], ignoreMerges: true, addsBegin: true };
const qwen2: GgufPreTokenizer = { patterns: [cased('\\p{N}')], normalizer: { type: 'NFC' } };

const byName = new Map<string, GgufPreTokenizer>([
  ['gpt-2', gpt2],
  ['olmo', gpt2],
  ['smollm', digits],
  ['starcoder', digits],
  ['refact', digits],
  ['command-r', digits],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['smaug-bpe', { patterns: llama3.patterns }],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', { patterns: qwen2.patterns }],
  ['tekken', { patterns: [mixed], ignoreMerges: true, addsBegin: true }],
]);

/** Files from before the names have none, or `default`; where the architecture leaves no doubt that is enough. */
const byArchitecture = new Map<string, GgufPreTokenizer>([
  ['gpt2', gpt2],
  ['qwen2', qwen2],
  ['qwen3', qwen2],
]);

/** Throws UserError for a name that is not known: another way to cut would give other tokens than the model learned from. */
export function preTokenizer(path: string, metadata: GgufMetadata): GgufPreTokenizer {
  const name = metadata.optionalString('tokenizer.ggml.pre') ?? 'default';
  const isNamed = name !== 'default';
  const found = isNamed ? byName.get(name) : byArchitecture.get(metadata.string('general.architecture'));
  if (found !== undefined) return found;
  throw new UserError(
    isNamed
      ? `${path} cuts texts by "${name}", which is not known here.`
      : `${path} does not say how its tokenizer cuts texts (tokenizer.ggml.pre).`,
    'Use a newer file of the model, or its Hugging Face folder.',
  );
}

/** The name of a way to cut texts; undefined where llama.cpp has none for it. */
export function preTokenizerNamed(given: {
  readonly patterns: readonly string[];
  readonly normalizer: string | undefined;
  readonly ignoreMerges: boolean;
}): string | undefined {
  const fits = ({ patterns, normalizer, ignoreMerges = false }: GgufPreTokenizer): boolean =>
    patterns.join('\n') === given.patterns.join('\n') &&
    normalizer?.type === given.normalizer &&
    ignoreMerges === given.ignoreMerges;
  return [...byName].find(([, known]) => fits(known))?.[0];
}
