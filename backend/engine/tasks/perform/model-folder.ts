import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../../base/cache-folder';
import { exists } from '../../../base/files';
import { hashModel } from '../../../model/weights/fingerprint';
import { getFolder } from '../../artifacts/folders';
import type { ArtifactStore } from '../../artifacts/store';

/**
 * The folder on this machine of a model that came as an artifact: fetched once, by whoever needs it first. Throws where the artifact is
 * another model.
 */
export async function modelFolder(artifacts: ArtifactStore, sha256: string, artifact: string): Promise<string> {
  const models = join(cacheFolder(), 'models-by-hash');
  const folder = join(models, sha256);
  if (await exists(folder)) return folder;
  await mkdir(models, { recursive: true });
  await getFolder(artifacts, artifact, folder).catch(async (error: unknown) => {
    // Another worker of this machine was faster.
    if (!(await exists(folder))) throw error;
  });
  const found = await hashModel(folder);
  if (found === sha256) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new Error(`the artifact ${artifact} was to be model ${sha256}, and is ${found}`);
}
