/** The weights of a model folder: one safetensors file, or several that an index names. */
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../protocol/errors';
import { exists, readJson } from '../../protocol/files';
import { readSafetensorsHeader, type TensorEntry } from './safetensors';

export interface ModelWeights {
  /**
   * The folder that ONNX Runtime is given. It follows links and refuses what then lies outside of this folder, so this is the
   * folder that all files really have in common: for a model of the hub's cache, that of its blobs.
   */
  readonly folder: string;
  /** By name, with the file's path in that folder. */
  readonly entries: ReadonlyMap<string, TensorEntry & { readonly file: string }>;
}

const wholeFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The names of a model folder's weight files. Throws UserError for an index that is malformed or names files elsewhere, and
 * where there is neither file nor index.
 */
export async function weightFiles(folder: string): Promise<string[]> {
  if (await exists(join(folder, wholeFile))) return [wholeFile];
  const path = join(folder, indexFile);
  if (!(await exists(path))) {
    throw new UserError(`${folder} holds no ${wholeFile}.`, 'Check the path, or fetch the model again.');
  }
  const parsed = indexSchema.safeParse(await readJson(path, "The index of the model's weights"));
  const names = parsed.success ? [...new Set(Object.values(parsed.data.weight_map))].sort() : [];
  if (names.length > 0 && names.every((name) => /^[\w-][\w.-]*\.safetensors$/.test(name))) return names;
  throw new UserError(`${path} does not name the files of a model.`, 'Fetch the model again.');
}

/** Reads the headers of all weight files. Throws UserError for files that are missing or damaged, and for names in two of them. */
export async function openWeights(folder: string): Promise<ModelWeights> {
  const paths = (await weightFiles(folder)).map((name) => join(folder, name));
  const headers = await Promise.all(paths.map(readSafetensorsHeader));
  const real = await Promise.all(paths.map((path) => realpath(path)));
  const common = commonFolder(real);
  const entries = new Map<string, TensorEntry & { file: string }>();
  for (const [i, header] of headers.entries()) {
    const file = relative(common, real[i]).split(sep).join('/');
    for (const [name, entry] of header) {
      if (entries.has(name)) {
        throw new UserError(`${folder} has the weight ${name} in two files.`, 'Fetch the model again.');
      }
      entries.set(name, { ...entry, file });
    }
  }
  return { folder: common, entries };
}

function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0]);
  while (!paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    if (dirname(folder) === folder) {
      throw new UserError(
        'The weights of the model lie on different drives.',
        'Put all files of a model on one drive.',
      );
    }
    folder = dirname(folder);
  }
  return folder;
}
