import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Watch } from '../backend/base/progress';
import { readDocuments } from './corpus';
import { byteLetters } from '../backend/model/tokenizer/bytes';
import { pretokenize, specialTokens, tokenizerFiles } from './tokenizer/format';
import { learnMerges } from './tokenizer/merges';

/**
 * Trains a byte-level BPE tokenizer of so many tokens (special ones, the 256 bytes and learnt merges) on `documents.jsonl` of
 * the cache folder and writes `tokenizer.json` and `tokenizer_config.json` (Hugging Face's format) into the model folder.
 */
export async function trainTokenizer(
  cache: string,
  modelFolder: string,
  vocabularySize: number,
  watch: Watch,
): Promise<void> {
  const words = await countWords(join(cache, 'documents.jsonl'), watch);
  const merges = learnMerges(words, vocabularySize - specialTokens.length - byteLetters.length, watch);
  const files = tokenizerFiles(merges);
  await mkdir(modelFolder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(modelFolder, name), JSON.stringify(content));
  }
}

/** How often each pre-token occurs; those that occur once teach nothing and are dropped. */
async function countWords(path: string, watch: Watch): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let documents = 0;
  for await (const { text } of readDocuments(path)) {
    for (const word of pretokenize(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    if (++documents % 5000 === 0) {
      watch.signal.throwIfAborted();
      watch.report({ stage: 'counting words', done: documents, total: documents, unit: 'documents' });
    }
  }
  return new Map([...counts].filter(([, count]) => count >= 2));
}
