/** A corpus that is already parted: train.jsonl, validation.jsonl and test.jsonl in a folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from '../backend/corpus/document';
import { type TokenizedCorpus, tokenizeCorpus } from '../backend/corpus/tokenized';
import type { Tokenizer } from '../backend/model/tokenizer/tokenizer';
import { createRandom } from '../backend/base/random';

/** At most `most` training documents, and a fifth as many for validation and test each, drawn by chance but always the same. */
export async function readFolder(folder: string, tokenizer: Tokenizer, most: number): Promise<TokenizedCorpus> {
  const read = async (side: string, limit: number): Promise<Document[]> => {
    const lines = (await readFile(join(folder, `${side}.jsonl`), 'utf8')).trim().split('\n');
    const documents = lines.map((line) => JSON.parse(line) as Document);
    return createRandom(1).shuffle(documents).slice(0, limit);
  };
  const few = Math.ceil(most / 5);
  const corpus = {
    name: folder,
    train: await read('train', most),
    validation: await read('validation', few),
    test: await read('test', few),
  };
  return tokenizeCorpus(corpus, tokenizer, { report: () => undefined, signal: new AbortController().signal });
}
