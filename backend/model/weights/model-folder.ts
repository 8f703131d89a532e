/** The files of a model folder. */
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import { encoderWeights } from './encoder-files';
import { weightFiles } from './weight-files';

/** Whether a folder holds the weights of a sentence encoder. */
export async function isEncoder(folder: string): Promise<boolean> {
  const there = await Promise.all(encoderWeights.map(({ path }) => exists(join(folder, path))));
  return there.some(Boolean);
}

/** The first file that a model folder lacks; undefined where all are there. */
export async function missingPart(folder: string): Promise<string | undefined> {
  const has = (name: string): Promise<boolean> => exists(join(folder, name));
  if (!(await has('config.json'))) return 'config.json';
  if ((await tokenizerFiles(folder)).length === 0) return 'tokenizer.json';
  const files = await weightFiles(folder).catch((error: unknown) => {
    if (error instanceof UserError) return ['model.safetensors'];
    throw error;
  });
  for (const name of files) if (!(await has(name))) return name;
  return undefined;
}

/** The names of the files that a model folder's tokenizer is read from; none where it has no tokenizer. */
export async function tokenizerFiles(folder: string): Promise<readonly string[]> {
  for (const files of [['tokenizer.json'], ['vocab.json', 'merges.txt'], ['tokenizer.model']]) {
    const there = await Promise.all(files.map((file) => exists(join(folder, file))));
    if (there.every(Boolean)) return files;
  }
  return [];
}
