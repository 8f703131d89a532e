import { join } from 'node:path';
import { z } from 'zod';
import { exists, readJson } from '../../base/files';
import type { Definition, Settings } from './definition';

/** What `config.json` says of tokens. */
export interface ModelTokens {
  /** Ids are below this number. */
  readonly vocabularySize?: number;
  /** Absent where the model knows none. */
  readonly beginToken?: number | undefined;
  readonly endTokens: readonly number[];
}

export interface ControlTokens {
  /** Precedes a text and separates texts. */
  readonly begin: number;
  /** End a text; the begin token among them. */
  readonly ends: ReadonlySet<number>;
}

/** Configurations give one id, or several, or none. */
export const tokenIds = z
  .union([z.int().nonnegative(), z.array(z.int().nonnegative())])
  .nullish()
  .transform((ids) => (ids == null ? [] : typeof ids === 'number' ? [ids] : ids));

const generationConfig = z.object({ bos_token_id: tokenIds, eos_token_id: tokenIds });

/**
 * Gathers what begins and ends texts from `config.json`, `generation_config.json` and `tokenizer_config.json`. Everything that
 * one of them calls the end is one. A model without a begin token takes the end-of-text token instead: it stood between the
 * texts that the model learned from.
 */
export async function readControlTokens(
  folder: string,
  { beginToken, endTokens }: ModelTokens,
  { added_tokens: added }: Definition,
  settings: Settings,
): Promise<ControlTokens> {
  const path = join(folder, 'generation_config.json');
  const given = generationConfig.safeParse((await exists(path)) ? await readJson(path, 'The generation settings') : {});
  const { bos_token_id: begins, eos_token_id: ends } = given.data ?? { bos_token_id: [], eos_token_id: [] };
  const named = (name: string | null | undefined): number | undefined =>
    added.find(({ content }) => content === name)?.id;
  const known = (id: number | undefined): id is number => id !== undefined;
  const allEnds = [...endTokens, ...ends, named(settings.eos_token)].filter(known);
  const candidates = [beginToken, begins[0], named(settings.bos_token), named('<|endoftext|>'), ...allEnds, 0];
  const [begin] = candidates.filter(known);
  return { begin, ends: new Set([begin, ...allEnds]) };
}
