import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../protocol/errors';
import type { Corpus } from './document';
import { readJsonl, type JsonlOptions, type RejectedLine } from './jsonl';
import { splitCorpus, type SplitOptions } from './split';

/** A corpus from the user's files, and what of them did not become part of it. */
export interface LoadedCorpus {
  readonly corpus: Corpus;
  readonly rejected: readonly (RejectedLine & { readonly file: string })[];
  /** Documents that got a new id because theirs was taken. */
  readonly renamed: number;
}

export type LoadOptions = SplitOptions & Pick<JsonlOptions, 'textField' | 'signal'>;

/**
 * Loads a JSONL file, which is then split, or a folder with train.jsonl, validation.jsonl and test.jsonl, which is taken as
 * it is (run `checkLeakage` on it). Ids are unique within the corpus.
 * Throws UserError when a file is missing or unusable.
 */
export async function loadCorpus(path: string, options: LoadOptions = {}): Promise<LoadedCorpus> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new UserError(`There is no file or folder ${path}.`, 'Give the path of a JSONL file.');
  const name = basename(resolve(path)).replace(/\.jsonl?$/i, '');
  const reading: JsonlOptions = {
    ...(options.textField !== undefined && { textField: options.textField }),
    ...(options.signal && { signal: options.signal }),
    takenIds: new Set(),
  };
  if (info.isDirectory()) return loadFolder(path, name, reading);
  const { documents, rejected, renamed } = await readJsonl(path, reading);
  const corpus = splitCorpus(name, documents, options);
  return { corpus, rejected: rejected.map((line) => ({ file: path, ...line })), renamed };
}

async function loadFolder(folder: string, name: string, reading: JsonlOptions): Promise<LoadedCorpus> {
  const read = async (side: string) => {
    const file = join(folder, `${side}.jsonl`);
    const result = await readJsonl(file, { ...reading, idPrefix: `${side}-` });
    return { ...result, rejected: result.rejected.map((line) => ({ file, ...line })) };
  };
  // One after the other: they share the set of taken ids, and which of two documents is renamed must not be chance.
  const train = await read('train');
  const validation = await read('validation');
  const test = await read('test');
  const parts = [train, validation, test];
  return {
    corpus: { name, train: train.documents, validation: validation.documents, test: test.documents },
    rejected: parts.flatMap((part) => part.rejected),
    renamed: parts.reduce((sum, part) => sum + part.renamed, 0),
  };
}
