import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../backend/base/files';
import type { Watch } from '../backend/base/progress';
import { trainTokenizer } from './bpe';
import { corpusTable, prepareCorpus, type SourceSummary } from './corpus';
import { tokenizeCorpus } from './tokenize';

/** Makes what pretraining reads, where it is not there yet: texts, tokenizer, token streams. */
export async function prepare(cache: string, modelFolder: string, watch: Watch): Promise<void> {
  if (await exists(join(cache, 'corpus.json'))) return;
  const summaryFile = join(cache, 'sources.json');
  if (!(await exists(summaryFile))) {
    await writeFile(summaryFile, JSON.stringify(await prepareCorpus(cache, watch), undefined, 1));
  }
  const summaries = JSON.parse(await readFile(summaryFile, 'utf8')) as SourceSummary[];
  console.log(corpusTable(summaries));
  await trainTokenizer(cache, modelFolder, watch);
  await tokenizeCorpus(cache, modelFolder, summaries, watch);
}
