/** GGUF files that other programs on this machine have downloaded: Ollama and LM Studio. */
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { environment } from '../base/environment';
import { UserError } from '../base/errors';
import { exists, readJson } from '../base/files';
import { isGguf } from './hub/choose';

export interface NeighbourModel {
  /** As `--model` takes it. */
  readonly name: string;
  readonly owner: 'Ollama' | 'LM Studio';
  readonly path: string;
  readonly size: number;
}

const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })),
});

const ollamaFolder = (): string => environment().OLLAMA_MODELS || join(homedir(), '.ollama', 'models');
const ollamaManifests = (): string => join(ollamaFolder(), 'manifests');
const ollamaRegistry = 'registry.ollama.ai';

/** The file of a model that Ollama has pulled: `name`, `name:tag` or `owner/name:tag`. Throws UserError where it has not. */
export async function findOllamaModel(name: string): Promise<string> {
  const found = /^((?:[\w.-]+\/)*)([\w.-]+?)(?::([\w.-]+))?$/.exec(name);
  if (found !== null && !name.includes('..')) {
    const [, owner, model, tag = 'latest'] = found;
    const parts = owner === '' ? ['library'] : owner.split('/').slice(0, -1);
    const registry = parts.length > 1 ? [] : [ollamaRegistry];
    const file = await ollamaFile(join(ollamaManifests(), ...registry, ...parts, model, tag));
    if (file !== undefined) return file;
  }
  throw new UserError(`Ollama has no model ${name} on this machine.`, 'See `ollama list`, or pull it there first.');
}

/** The weights that a manifest names. */
async function ollamaFile(manifest: string): Promise<string | undefined> {
  if (!(await exists(manifest))) return undefined;
  const { data } = manifestSchema.safeParse(await readJson(manifest, 'A manifest of Ollama').catch(() => undefined));
  const layer = data?.layers.find(({ mediaType }) => mediaType === 'application/vnd.ollama.image.model');
  const path = layer && join(ollamaFolder(), 'blobs', layer.digest.replace(':', '-'));
  return path !== undefined && (await exists(path)) ? path : undefined;
}

/** What of others can be used here. */
export async function listNeighbours(): Promise<NeighbourModel[]> {
  return [...(await listOllama()), ...(await listLmStudio())];
}

async function listOllama(): Promise<NeighbourModel[]> {
  const models: NeighbourModel[] = [];
  for (const manifest of await filesBelow(ollamaManifests())) {
    const path = await ollamaFile(join(ollamaManifests(), ...manifest));
    if (path === undefined) continue;
    const tag = manifest[manifest.length - 1];
    const names = manifest
      .slice(0, -1)
      .filter((part, i) => !(i === 0 && part === ollamaRegistry) && !(i === 1 && part === 'library'));
    models.push({ name: `ollama:${names.join('/')}:${tag}`, owner: 'Ollama', path, size: (await stat(path)).size });
  }
  return models;
}

async function listLmStudio(): Promise<NeighbourModel[]> {
  const models: NeighbourModel[] = [];
  for (const folder of [join(homedir(), '.lmstudio', 'models'), join(homedir(), '.cache', 'lm-studio', 'models')]) {
    for (const parts of await filesBelow(folder)) {
      const path = join(folder, ...parts);
      // Of a split file its first part stands for all.
      if (!isGguf(path) || /-(?!00001)\d{5}-of-\d{5}\.gguf$/i.test(path)) continue;
      models.push({ name: path, owner: 'LM Studio', path, size: (await stat(path)).size });
    }
  }
  return models;
}

/** The files below a folder, each as the parts of its path. */
async function filesBelow(folder: string): Promise<string[][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep)).sort();
}
