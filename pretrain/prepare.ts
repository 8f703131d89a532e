import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../backend/base/files';
import type { Watch } from '../backend/base/progress';
import { trainTokenizer } from './bpe';
import { isOfRecipe } from './checkpoint';
import { corpusTable, prepareCorpus, type SourceSummary } from './corpus';
import { recipe } from './recipe';
import { tokenizeCorpus } from './tokenize';
import { modelFolder } from './train';

/**
 * Makes what pretraining reads, where it is not there yet: texts, tokenizer, token streams. The tokenizer is that of the bundled
 * model where its weights are to be trained on.
 */
export async function prepare(cache: string, bundled: string, watch: Watch): Promise<void> {
  if (await exists(join(cache, 'corpus.json'))) return;
  const summaryFile = join(cache, 'sources.json');
  if (!(await exists(summaryFile))) {
    await writeFile(summaryFile, JSON.stringify(await prepareCorpus(cache, watch), undefined, 1));
  }
  const summaries = JSON.parse(await readFile(summaryFile, 'utf8')) as SourceSummary[];
  console.log(corpusTable(summaries));
  const model = modelFolder(cache);
  await mkdir(model, { recursive: true });
  if (await isOfRecipe(bundled, recipe)) {
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) await cp(join(bundled, name), join(model, name));
  } else await trainTokenizer(cache, model, recipe.config.vocabularySize, watch);
  await tokenizeCorpus(cache, model, summaries, watch);
}
