/**
 * Where base models come from. A user names one of these:
 *
 *     bundled                        the small model of this package
 *     smollm2                        SmolLM2-135M-Instruct, see `smollm2.ts`
 *     path/to/folder                 a model folder as Hugging Face lays it out
 *     org/name, org/name@revision    a model of the hub: safetensors, or where it has only GGUF files its Q4_K_M
 *
 * What lies on this disk under a name is meant before the hub is. Nothing is downloaded here: `polymath models pull` does that.
 */
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, resolve } from 'node:path';
import { UserError } from '../protocol/errors';
import { bundledModel } from '../protocol/package-folder';
import { formatHubName, type HubName, parseHubName } from './hub/name';
import { RepositoryCache } from './hub/repository-cache';
import { hubCache } from './hub/settings';
import { missingPart } from './model-files';

export type ModelSource =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'hub'; readonly name: HubName };

/** What is meant by a name. Throws UserError where nothing can be. */
export async function parseModel(name: string): Promise<ModelSource> {
  if (name === 'bundled') return { kind: 'bundled' };
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { kind: 'folder', path };
  if (found !== undefined) throw new UserError(`${name} is a file, and no model.`, 'Name the folder of a model.');
  const hubName = isPath(name) ? undefined : parseHubName(name);
  if (hubName !== undefined) return { kind: 'hub', name: hubName };
  throw new UserError(
    isPath(name) ? `${name} does not exist.` : `There is no model ${name}.`,
    'Name a folder, a model of the hub (org/name), or "bundled"; `polymath models` lists what is here.',
  );
}

/** Whether a name can only be a path. */
export function isPath(name: string): boolean {
  return isAbsolute(name) || /^\.{1,2}([/\\]|$)|\\/.test(name);
}

/** A model on this machine. */
export interface FoundModel {
  readonly folder: string;
  /** What reports call it. */
  readonly name: string;
}

/** Where a model lies on this machine. Throws UserError where it is not here, or not all of it. */
export async function findModel(name: string): Promise<FoundModel> {
  const source = await parseModel(name);
  switch (source.kind) {
    case 'bundled':
      return inFolder(await bundledModel());
    case 'folder':
      return inFolder(source.path);
    case 'hub':
      return { folder: await findSnapshot(name, source.name), name: formatHubName(source.name) };
  }
}

/** What other tools call a model: the `base_model_name_or_path` of adapters. */
export async function peftName(name: string): Promise<string> {
  const source = await parseModel(name).catch(() => undefined);
  if (source?.kind === 'hub') return source.name.id;
  return source?.kind === 'bundled' ? 'polymath-base' : name;
}

function inFolder(folder: string): FoundModel {
  return { folder, name: basename(folder) };
}

async function findSnapshot(given: string, { id, revision }: HubName): Promise<string> {
  const cache = new RepositoryCache(hubCache(), id);
  const commit = await cache.commitOf(revision);
  const next = `Fetch it first: polymath models pull ${given}`;
  if (commit === undefined) throw new UserError(`The model ${given} is not on this machine yet.`, next);
  const folder = cache.snapshot(commit);
  const missing = await missingPart(folder);
  if (missing === undefined) return folder;
  throw new UserError(`The model ${given} is only partly on this machine: ${missing} is missing.`, next);
}
