/** `polymath models list`: every base model that is on this machine. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListedModel } from '../../protocol/catalog';
import { UserError } from '../../base/errors';
import { bundledModel } from '../../base/package-folder';
import { readConfig } from '../../model/architectures/config';
import { conversionsFolder, listConversions } from '../converted';
import { ggufModels } from '../hub/choose';
import { formatHubName } from '../hub/name';
import { bytesBelow, cachedModels, RepositoryCache } from '../hub/repository-cache';
import { hubCache } from '../hub/settings';
import { isEncoder, missingPart } from '../../model/weights/model-folder';
import { listNeighbours } from '../neighbours';
import { packagedFile, smollm2 } from '../packages/smollm2';

export async function listModels(): Promise<ListedModel[]> {
  const folder = await bundledModel();
  const own: ListedModel = { name: 'base', origin: 'Polymath', path: folder, bytes: await bytesBelow(folder) };
  const converted = await bytesOfConversions();
  const withCopy = async (model: ListedModel): Promise<ListedModel> => {
    const source = await realpath(model.path);
    const copy = converted.get(source) ?? 0;
    converted.delete(source);
    return { ...model, bytes: model.bytes + copy };
  };
  const found: ListedModel[] = [own];
  for (const model of [...(await listHub()), ...(await listPackaged()), ...(await listOthers())]) {
    found.push(await withCopy(model));
  }
  const files = [...converted].map(([path, bytes]): ListedModel => ({ name: path, origin: 'file', path, bytes }));
  return [...found, ...files];
}

/** Bytes of the folders that GGUF files became, by the file. */
async function bytesOfConversions(): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for (const { source, folder } of await listConversions()) {
    bytes.set(source, await bytesBelow(join(conversionsFolder(), folder)));
  }
  return bytes;
}

async function listHub(): Promise<ListedModel[]> {
  const models: ListedModel[] = [];
  for (const id of await cachedModels(hubCache())) {
    const cache = new RepositoryCache(hubCache(), id);
    for (const [commit, revisions] of await cache.snapshots()) {
      const revision = revisions.includes('main') ? 'main' : (revisions[0] ?? commit);
      models.push(...(await listSnapshot(cache, commit, revision)));
    }
  }
  return models;
}

async function listSnapshot(cache: RepositoryCache, commit: string, revision: string): Promise<ListedModel[]> {
  const { id } = cache;
  const files = await cache.files(commit);
  const ggufs = ggufModels(files).map((parts): ListedModel => ({
    name: formatHubName({ id, revision, gguf: parts[0].path }),
    origin: 'hub',
    path: join(cache.snapshot(commit), parts[0].path),
    bytes: parts.reduce((sum, { size }) => sum + size, 0),
  }));
  const others = files.filter(({ path }) => !path.endsWith('.gguf'));
  if (ggufs.length > 0 && !others.some(({ path }) => path.endsWith('.safetensors'))) return ggufs;
  const problem = await problemOf(cache.snapshot(commit));
  const model: ListedModel = {
    name: formatHubName({ id, revision }),
    origin: 'hub',
    path: cache.snapshot(commit),
    bytes: others.reduce((sum, { size }) => sum + size, 0),
    ...(problem === undefined ? {} : { problem }),
  };
  return [model, ...ggufs];
}

/** Why a model folder cannot be used, as far as that is seen at a glance. */
async function problemOf(folder: string): Promise<string | undefined> {
  const missing = await missingPart(folder);
  if (missing === 'model.safetensors' && (await isEncoder(folder))) return 'sentence encoder';
  if (missing !== undefined) return `${missing} is missing`;
  return readConfig(join(folder, 'config.json')).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof UserError) return error.message;
      throw error;
    },
  );
}

async function listPackaged(): Promise<ListedModel[]> {
  const packaged = await packagedFile();
  if (packaged === undefined) return [];
  const { path, size } = packaged;
  return [{ name: smollm2.name, origin: 'package', path, bytes: size }];
}

async function listOthers(): Promise<ListedModel[]> {
  return (await listNeighbours()).map(({ name, owner, path, size }) => ({ name, origin: owner, path, bytes: size }));
}
