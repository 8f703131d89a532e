import { join } from 'node:path';
import { z } from 'zod';
import { exists, readJson } from '../../base/files';
import type { Definition, Settings } from './definition';
import { tokensAround } from './post-processor';

/** What `config.json` says of tokens. */
export interface ModelTokens {
  /** Ids are below this number. */
  readonly vocabularySize?: number;
  /** Absent where the model knows none. */
  readonly beginToken?: number | undefined;
  readonly endTokens: readonly number[];
}

export interface ControlTokens {
  /** Begins every text that the model reads; undefined where its files put nothing there. */
  readonly begin: number | undefined;
  /** The model's own end of a text. */
  readonly end: number;
  /** Stands before a text that is learned from or scored. */
  readonly prefix: number;
  /** Whether the model's files put the end after every text. */
  readonly addsEnd: boolean;
  /** End an answer. */
  readonly ends: ReadonlySet<number>;
}

/** Configurations give one id, or several, or none. */
export const tokenIds = z
  .union([z.int().nonnegative(), z.array(z.int().nonnegative())])
  .nullish()
  .transform((ids) => (ids == null ? [] : typeof ids === 'number' ? [ids] : ids));

const generationConfig = z.object({ bos_token_id: tokenIds, eos_token_id: tokenIds });

/** Between the texts that a model learned from, or after a turn; configurations do not name all of them (llama.cpp's list). */
const endNames = [
  ...['<|endoftext|>', '<|end_of_text|>', '<|eot_id|>', '<|eom_id|>', '<|im_end|>', '<|end|>', '<end_of_turn>'],
  ...['<|return|>', '<|call|>', '< EOT >', '_<EOT>'],
];

/**
 * Gathers what begins and ends texts from `config.json`, `generation_config.json`, `tokenizer_config.json` and the tokenizer
 * itself. Begin and end are put around a text where the tokenizer's post-processor says so, and where it has none, where
 * `tokenizer_config.json` does. All that one of the files calls an end ends an answer, and so does the begin token.
 *
 * The first token of a text needs one before it to be predicted from. Where there is no begin token, that is what stood between
 * the texts that the model learned from: `<|endoftext|>` where it has that token, else its end, as in lm-evaluation-harness.
 */
export async function readControlTokens(
  folder: string,
  { beginToken, endTokens, vocabularySize = Infinity }: ModelTokens,
  definition: Definition,
  settings: Settings,
): Promise<ControlTokens> {
  const path = join(folder, 'generation_config.json');
  const given = generationConfig.safeParse((await exists(path)) ? await readJson(path, 'The generation settings') : {});
  const { bos_token_id: begins, eos_token_id: ends } = given.data ?? { bos_token_id: [], eos_token_id: [] };
  const special = new Map(
    definition.added_tokens.filter((token) => token.special).map(({ content, id }) => [content, id]),
  );
  const named = (name: string | null | undefined): number | undefined => special.get(name ?? '');
  const known = (id: number | undefined): id is number => id !== undefined && id < vocabularySize;
  const [begin] = [named(settings.bos_token), beginToken, begins[0]].filter(known);
  const allEnds = [named(settings.eos_token), ...endTokens, ...ends].filter(known);
  const [end] = [...allEnds, named('<|endoftext|>'), begin, 0].filter(known);
  const around = tokensAround(definition.post_processor, folder) ?? {
    before: settings.add_bos_token === true ? begin : undefined,
    after: settings.add_eos_token === true ? end : undefined,
  };
  const before = [around.before].find(known);
  const [prefix] = [before, named('<|endoftext|>'), end].filter(known);
  return {
    begin: before,
    end,
    prefix,
    addsEnd: known(around.after),
    ends: new Set([...allEnds, ...endNames.map(named), begin, end].filter(known)),
  };
}
