/** What stands beside the weights of a model that is made of another. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeWhole } from '../../base/files';
import type { BaseModel } from './base-model';
import { type FloatType, floatNames } from './finite';

/** Files beside the weights that decide what a model reads and how it writes; the licence goes with it. */
const companions =
  /^(generation_config\.json|tokenizer.*\.(json|model)|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\.(jinja|json)|(LICEN[CS]E|NOTICE).*)$/i;

/** Writes the configuration of the merged model, and copies its tokenizer and what belongs to that. */
export async function writeCompanions(
  { config }: Pick<BaseModel, 'config'>,
  modelFolder: string,
  folder: string,
  dtype: FloatType,
): Promise<void> {
  const given = (await readJson(join(modelFolder, 'config.json'), "The model's configuration")) as object;
  // Newer versions of transformers write `dtype`, and all read the other.
  const types = { torch_dtype: floatNames[dtype], ...('dtype' in given ? { dtype: floatNames[dtype] } : {}) };
  const written = { ...given, tie_word_embeddings: config.tiedHead, ...types };
  await writeWhole(join(folder, 'config.json'), `${JSON.stringify(written, undefined, 2)}\n`);
  for (const name of await readdir(modelFolder)) {
    if (companions.test(name)) await writeWhole(join(folder, name), await readFile(join(modelFolder, name)));
  }
}
