import { z } from 'zod';
import { readJson } from '../../base/files';
import { parseFields } from './fields';
import type { Rope } from './rope';
import { type Family, readFamily, writeFamily } from './table';
import { tokenIds } from '../tokenizer/control-tokens';

/** What a model computes. Dropout, with which some families were trained, is left out: base models are frozen here. */
export interface ModelConfig {
  readonly architecture: Family;
  /** V. */
  readonly vocabularySize: number;
  /** D. */
  readonly hiddenSize: number;
  readonly layers: number;
  /** H heads of queries, on G heads of keys and values, each of size d. */
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly feedForwardSize: number;
  readonly activation: Activation;
  readonly normEpsilon: number;
  readonly maxPositions: number;
  /** Rotary positions; none where positions are learned. */
  readonly rope?: Rope;
  /** Those of layers with a sliding window, where they differ. */
  readonly slidingRope?: Rope;
  /** Layers whose queries and keys do not turn. */
  readonly unturnedLayers?: readonly number[];
  /** Linear layers that have a bias though their family could do without, by their names within a block. */
  readonly biases?: readonly string[];
  readonly slidingWindow?: SlidingWindow;
  /** Scores of layer i are divided by i + 1 also. */
  readonly scaleByLayer?: boolean;
  readonly scales?: Scales;
  /** Whether the head is the embedding table. */
  readonly tiedHead: boolean;
  /** Token that precedes a text, where the configuration names one. What holds of a model is said by its tokenizer. */
  readonly beginToken?: number | undefined;
  /** Tokens that end a text, where the configuration names any. */
  readonly endTokens: readonly number[];
}

/** What the keys of one family say, which are all but those of the special tokens. */
export type FamilyConfig = Omit<ModelConfig, 'beginToken' | 'endTokens'>;

/** Factors of tokens' embeddings, of what a half of a layer adds, of attention's scores (1/√d where none is given). */
export interface Scales {
  readonly embedding?: number;
  readonly residual?: number;
  readonly attention?: number;
  /** What logits are divided by. */
  readonly logits?: number;
}

/** `gelu` in its tanh form. */
export type Activation = 'silu' | 'gelu';

/** Some layers see only the last `size` positions, their own included. */
export interface SlidingWindow {
  readonly size: number;
  readonly layers: readonly number[];
}

const tokensSchema = z.object({ bos_token_id: tokenIds, eos_token_id: tokenIds });

/**
 * Reads a Hugging Face `config.json`. What it leaves out is as transformers' configuration class of its family has it. Throws
 * UserError for a missing or malformed file, and for a family or a setting that is not computed here, which it names.
 */
export async function readConfig(path: string): Promise<ModelConfig> {
  const json = await readJson(path, "The model's configuration");
  const { bos_token_id: begin, eos_token_id: ends } = parseFields(tokensSchema, json, path);
  return { ...readFamily(json, path), beginToken: begin[0], endTokens: ends };
}

/** The same as Hugging Face's `config.json`, in the keys that all versions of transformers read. */
export function toHuggingFace(config: ModelConfig): Record<string, unknown> {
  return {
    ...writeFamily(config),
    vocab_size: config.vocabularySize,
    tie_word_embeddings: config.tiedHead,
    bos_token_id: config.beginToken,
    eos_token_id: config.endTokens.length === 1 ? config.endTokens[0] : config.endTokens,
    torch_dtype: 'float16',
  };
}
