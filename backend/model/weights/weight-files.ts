/** The weights of a model folder: one safetensors file, or several that an index names. */
import { open, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import { faultInJson } from './foreign-json';
import { readSafetensorsHeader, type TensorEntry } from './safetensors';
import { tableOf } from '../../base/table';

/** Where a tensor lies: its file's path in the folder of the weights, and its place in it. */
export interface FileEntry extends TensorEntry {
  readonly file: string;
}

export interface WeightFiles {
  /**
   * The folder that ONNX Runtime is given. It follows links and refuses what then lies outside of this folder, so this is the
   * folder that all files really have in common: for a model of the hub's cache, that of its blobs.
   */
  readonly folder: string;
  /** By the names that the files give them. */
  readonly entries: ReadonlyMap<string, FileEntry>;
}

const wholeFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';

/**
 * The names of a model folder's weight files. Throws UserError for an index that is malformed or names files elsewhere, and
 * where there is neither file nor index.
 */
export async function weightFiles(folder: string): Promise<string[]> {
  if (await exists(join(folder, wholeFile))) return [wholeFile];
  return shardsOf(await readIndex(folder));
}

const shardsOf = (index: ReadonlyMap<string, string>): string[] => [...new Set(index.values())].sort();

/** Reads the headers of all weight files. Throws UserError for files that are missing, damaged, or do not fit each other. */
export async function openWeights(folder: string): Promise<WeightFiles> {
  const index = (await exists(join(folder, wholeFile))) ? undefined : await readIndex(folder);
  const names = index === undefined ? [wholeFile] : shardsOf(index);
  await requireFiles(folder, names);
  const real = await Promise.all(names.map((name) => realpath(join(folder, name))));
  const common = commonFolder(real);
  const entries = new Map<string, FileEntry>();
  const shardOf = new Map<string, string>();
  for (const [i, name] of names.entries()) {
    const file = relative(common, real[i]).split(sep).join('/');
    for (const [tensor, entry] of await readSafetensorsHeader(join(folder, name))) {
      const other = shardOf.get(tensor);
      if (other !== undefined) throw misfit(folder, `${tensor} is in ${other} and in ${name}`);
      shardOf.set(tensor, name);
      entries.set(tensor, { ...entry, file });
    }
  }
  for (const [tensor, shard] of index ?? []) {
    if (shardOf.get(tensor) !== shard) throw misfit(folder, `${tensor} is not in ${shard}, where ${indexFile} has it`);
  }
  return { folder: common, entries };
}

function misfit(folder: string, what: string): UserError {
  return new UserError(`The weights in ${folder} do not fit each other: ${what}.`, 'Fetch the model again.');
}

async function requireFiles(folder: string, names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await exists(join(folder, name)))) missing.push(name);
  if (missing.length === 0) return;
  throw new UserError(`${folder} lacks ${missing.join(', ')}.`, 'Fetch the model again: its download is not complete.');
}

const indexSchema = z.object({ weight_map: tableOf(z.string()) });

/** The file of each tensor. A name that is more than a name could lead out of the folder. */
async function readIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, indexFile);
  if (!(await exists(path))) throw await noWeights(folder);
  const damaged = (why: string): UserError => new UserError(`${path} ${why}.`, 'Fetch the model again.');
  const bytes = await readFile(path);
  const fault = faultInJson(bytes, { depth: 3, keys: 500_000, items: 16 });
  if (fault !== undefined) throw damaged(fault);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw damaged('is not JSON');
  }
  const parsed = indexSchema.safeParse(json);
  const index = new Map(parsed.success ? Object.entries(parsed.data.weight_map) : []);
  if (index.size === 0) throw damaged('does not name the files of a model');
  const odd = [...index.values()].find((name) => !/^[\w-][\w.-]*\.safetensors$/.test(name));
  if (odd !== undefined) throw damaged(`names ${JSON.stringify(odd)}, which is no weight file of its folder`);
  return index;
}

async function noWeights(folder: string): Promise<UserError> {
  const names = await readdir(folder).catch(() => []);
  const pickled = names.find((name) => /^pytorch_model.*\.bin$/.test(name));
  return pickled === undefined
    ? new UserError(`${folder} holds no ${wholeFile}.`, 'Check the path, or fetch the model again.')
    : new UserError(
        `${folder} has its weights in ${pickled}, a format that can hold programs and is not read.`,
        'Fetch a version with safetensors, or convert it.',
      );
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

/** The first bytes of a tensor, at most `limit`. */
export async function firstBytes(
  { folder }: WeightFiles,
  { file, offset, length }: FileEntry,
  limit: number,
): Promise<Buffer> {
  const handle = await open(join(folder, file), 'r');
  try {
    const buffer = Buffer.alloc(Math.min(length, limit));
    await handle.read(buffer, 0, buffer.length, offset);
    return buffer;
  } finally {
    await handle.close();
  }
}
