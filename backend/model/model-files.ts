/** The files of a model folder. */
import { join } from 'node:path';
import { UserError } from '../protocol/errors';
import { exists } from '../protocol/files';
import { weightFiles } from './weights/weight-files';

/** The first file that a model folder lacks; undefined where all are there. */
export async function missingPart(folder: string): Promise<string | undefined> {
  const has = (name: string): Promise<boolean> => exists(join(folder, name));
  if (!(await has('config.json'))) return 'config.json';
  if (!(await has('tokenizer.json')) && !(await has('merges.txt'))) return 'tokenizer.json';
  const files = await weightFiles(folder).catch((error: unknown) => {
    if (error instanceof UserError) return ['model.safetensors'];
    throw error;
  });
  for (const name of files) if (!(await has(name))) return name;
  return undefined;
}
