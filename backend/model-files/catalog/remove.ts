/** `polymath models remove`: gives back what was downloaded or converted; what a user owns stays. */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Removal } from '../../protocol/catalog';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import { bundledModel } from '../../base/package-folder';
import { conversionPaths } from '../converted';
import { chooseGguf, ggufModels } from '../hub/choose';
import type { HubName } from '../hub/name';
import { bytesBelow, RepositoryCache } from '../hub/repository-cache';
import { hubCache } from '../hub/settings';
import { packagedPath, smollm2Folder, smollm2 } from '../packages/smollm2';
import { quantizedCopies } from '../../model/weights/quantized';
import { type ModelSource, parseModel } from '../source';

/** What removing a model removes. Throws UserError where there is nothing that may be removed. */
export async function planRemoval(name: string): Promise<Removal> {
  const source = await parseModel(name);
  const { paths, nothing } = await pathsOf(name, source);
  if (paths.length === 0) throw new UserError(nothing, '`polymath models` lists what is here.');
  const copies = source.kind === 'base' || source.kind === 'folder' || source.kind === 'gguf';
  return { paths: [...paths], bytes: await sizeOf(paths), copies };
}

export async function remove({ paths }: Removal): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

/** What may be removed, and the words for where that is nothing. */
async function pathsOf(name: string, source: ModelSource): Promise<{ paths: readonly string[]; nothing: string }> {
  switch (source.kind) {
    case 'base':
      return {
        paths: await quantizedCopies(await bundledModel()),
        nothing: 'The model base is part of Polymath, and no copy was made of it.',
      };
    case 'folder':
      return {
        paths: await quantizedCopies(source.path),
        nothing: `The folder ${source.path} is yours, and no copy was made of it.`,
      };
    case 'gguf':
      return {
        paths: await conversionPaths(source.path),
        nothing: `The file ${source.path} is yours, and no copy was made of it.`,
      };
    case 'hub':
      return { paths: await pathsInHub(source.name), nothing: `There is nothing of ${name} on this machine.` };
    case 'smollm2':
      return {
        paths: [...(await pathsInHub(smollm2.hub)), ...(await packagePaths())],
        nothing: `There is no ${name} on this machine.`,
      };
  }
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const info = await lstat(path);
    bytes += info.isDirectory() ? await bytesBelow(path) : info.isSymbolicLink() ? 0 : info.size;
  }
  return bytes;
}

async function pathsInHub({ id, revision, gguf }: HubName): Promise<string[]> {
  const cache = new RepositoryCache(hubCache(), id);
  const commit = await cache.commitOf(revision);
  if (commit === undefined) {
    // Of a pull that never came to its end there is only what it had downloaded.
    return (await exists(cache.folder)) && (await cache.snapshots()).size === 0 ? [cache.folder] : [];
  }
  const files = await cache.files(commit);
  const chosen = gguf === undefined ? ggufModels(files).flat() : chooseGguf(id, files, gguf);
  const names = new Set(chosen.map(({ path }) => path));
  const paths = await cache.pathsToRemove(commit, gguf === undefined ? undefined : (path) => names.has(path));
  const copies = await Promise.all(chosen.map(({ path }) => conversionPaths(join(cache.snapshot(commit), path))));
  return [...paths, ...copies.flat(), ...(gguf === undefined ? await quantizedCopies(cache.snapshot(commit)) : [])];
}

async function packagePaths(): Promise<string[]> {
  if (!(await exists(smollm2Folder()))) return [];
  const copies = (await exists(packagedPath())) ? await conversionPaths(packagedPath()) : [];
  return [smollm2Folder(), ...copies];
}
