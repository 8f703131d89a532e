/**
 * Where base models come from. A user names one of these:
 *
 *     base                           the small model of this package; earlier versions called it `bundled`
 *     smollm2                        SmolLM2-135M-Instruct, of the hub or of a package
 *     path/to/folder                 a model folder as Hugging Face lays it out
 *     path/to/file.gguf              a GGUF file, wherever it lies and whatever it is called
 *     org/name, org/name@revision    a model of the hub: safetensors, or where it has only GGUF files its Q4_K_M
 *     org/name:Q4_K_M                a GGUF file of the hub by its quantisation, or by its name after the colon
 *     ollama:name, ollama:name:tag   a model that Ollama has pulled
 *
 * What lies on this disk under a name is meant before the hub is. Nothing is downloaded here, `polymath models pull` does that;
 * a GGUF file is converted when it is first used.
 */
import { open, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../base/errors';
import { bundledModel } from '../base/package-folder';
import { modelToday } from '../base/settings';
import type { Watch } from '../base/progress';
import { convertedModel } from './converted';
import { chooseGguf, isGguf } from './hub/choose';
import { formatHubName, type HubName, isPath, parseHubName } from './hub/name';
import { RepositoryCache } from './hub/repository-cache';
import { hubCache } from './hub/settings';
import { isEncoder, missingPart } from '../model/weights/model-folder';
import { findOllamaModel } from './neighbours';
import { packagedFile, smollm2 } from './packages/smollm2';

export type ModelSource =
  | { readonly kind: 'base' }
  | { readonly kind: 'smollm2' }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'gguf'; readonly path: string; readonly name: string }
  | { readonly kind: 'hub'; readonly name: HubName };

const names = 'Name a folder, a GGUF file, a model of the hub (org/name), smollm2 or base; see `polymath models`.';

/** What is meant by a name. Throws UserError where nothing can be. */
export async function parseModel(given: string): Promise<ModelSource> {
  const name = modelToday(given);
  if (name === 'base' || name === smollm2.name) return { kind: name };
  if (name.startsWith('ollama:'))
    return { kind: 'gguf', path: await findOllamaModel(name.slice('ollama:'.length)), name };
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { kind: 'folder', path };
  if (found?.isFile()) {
    if (await beginsAsGguf(path)) return { kind: 'gguf', path, name: basename(path).replace(/\.gguf$/i, '') };
    throw new UserError(`${name} is no GGUF file.`, 'Name a GGUF file, or the folder of a model.');
  }
  const hubName = isPath(name) ? undefined : parseHubName(name);
  if (hubName !== undefined) return { kind: 'hub', name: hubName };
  throw new UserError(isPath(name) ? `${name} does not exist.` : `There is no model ${name}.`, names);
}

async function beginsAsGguf(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'GGUF';
  } finally {
    await file.close();
  }
}

/** Where the files of a model are. */
export interface LocatedModel {
  /** What reports call it. */
  readonly name: string;
  /** A model folder, or a GGUF file. */
  readonly kind: 'folder' | 'gguf';
  readonly path: string;
  /** Its commit, where it lies in the hub's cache. */
  readonly snapshot?: { readonly cache: RepositoryCache; readonly commit: string };
}

/** Looks for a model on this machine. Throws UserError where it is not here, or not all of it. */
export async function locateModel(name: string): Promise<LocatedModel> {
  const source = await parseModel(name);
  switch (source.kind) {
    case 'base':
      return inFolder(await bundledModel());
    case 'folder':
      return inFolder(source.path);
    case 'gguf':
      return source;
    case 'hub':
      return locateOfHub(name, source.name);
    case 'smollm2':
      return locateSmollm2();
  }
}

const inFolder = (path: string): LocatedModel => ({ name: basename(path), kind: 'folder', path });

async function locateOfHub(given: string, { id, revision, gguf }: HubName): Promise<LocatedModel> {
  const next = `Fetch it first: polymath models pull ${given}`;
  const cache = new RepositoryCache(hubCache(), id);
  const commit = await cache.commitOf(revision);
  const files = commit === undefined ? [] : await cache.files(commit);
  const ggufs = files.filter(({ path }) => isGguf(path));
  const onlyGguf = ggufs.length > 0 && !files.some(({ path }) => path.endsWith('.safetensors'));
  if (commit === undefined || (gguf !== undefined && ggufs.length === 0)) {
    throw new UserError(`The model ${given} is not on this machine yet.`, next);
  }
  const found = {
    name: formatHubName({ id, revision, ...(gguf === undefined ? {} : { gguf }) }),
    snapshot: { cache, commit },
  };
  if (gguf !== undefined || onlyGguf) {
    const [first] = chooseGguf(id, ggufs, gguf);
    return { ...found, kind: 'gguf', path: join(cache.snapshot(commit), first.path) };
  }
  const missing = await missingPart(cache.snapshot(commit));
  if (missing === undefined) return { ...found, kind: 'folder', path: cache.snapshot(commit) };
  if (await isEncoder(cache.snapshot(commit))) {
    throw new UserError(
      `${given} is a sentence encoder and no base model.`,
      'Name it by --encoder, and another base model.',
    );
  }
  throw new UserError(`The model ${given} is only partly on this machine: ${missing} is missing.`, next);
}

/** The weights as they were published, where the hub's cache has them; otherwise those of the package. */
async function locateSmollm2(): Promise<LocatedModel> {
  const { hub, name } = smollm2;
  const published = await locateOfHub(name, hub).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  if (published !== undefined) return published;
  const packaged = await packagedFile();
  if (packaged !== undefined) return { name: basename(hub.id), kind: 'gguf', path: packaged.path };
  throw new UserError(
    'SmolLM2-135M-Instruct is not on this machine yet.',
    `Fetch it first: polymath models pull ${name}`,
  );
}

/** A model that can be opened. */
export interface FoundModel {
  readonly folder: string;
  /** What reports call it. */
  readonly name: string;
}

const unwatched: Pick<Watch, 'report' | 'signal'> = { report: () => undefined, signal: new AbortController().signal };

/**
 * The folder of a model on this machine. Throws UserError where it is not here, or not all of it. `watch` hears of the
 * conversion of a GGUF file that has not been used before.
 */
export async function findModel(name: string, watch = unwatched): Promise<FoundModel> {
  const { kind, path, name: told } = await locateModel(name);
  return { folder: kind === 'folder' ? path : await convertedModel(path, watch), name: told };
}

/** The folder of a sentence encoder on this machine: a folder, or a model of the hub's cache. Throws UserError where it is not here. */
export async function findEncoder(name: string): Promise<string> {
  const source = await parseModel(name);
  if (source.kind === 'folder') return source.path;
  if (source.kind !== 'hub') {
    throw new UserError(`${name} is no sentence encoder.`, 'Name a folder, or a model of the hub (org/name).');
  }
  const { id, revision } = source.name;
  const cache = new RepositoryCache(hubCache(), id);
  const commit = await cache.commitOf(revision);
  if (commit !== undefined && (await isEncoder(cache.snapshot(commit)))) return cache.snapshot(commit);
  throw new UserError(
    `The sentence encoder ${name} is not on this machine${commit === undefined ? ' yet' : ', or not all of it'}.`,
    `Fetch it first: polymath models pull ${name}`,
  );
}

/** What other tools call a model: the `base_model_name_or_path` of adapters. */
export async function peftName(name: string): Promise<string> {
  const source = await parseModel(name).catch(() => undefined);
  if (source?.kind === 'hub') return source.name.id;
  if (source?.kind === 'smollm2') return smollm2.hub.id;
  return source?.kind === 'base' ? 'polymath-base' : name;
}
