/**
 * Folders as artifacts: each file of it (of a model, for example), and a manifest that lists them. The manifest's name is the
 * folder's: it changes with any byte of any file.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json';
import { syncFolder, writeWhole } from '../../base/files';
import { artifactName, type ArtifactStore } from './store';
import { readAll } from './values';

/** A path below the folder, with `/` on every system. */
const relativePath = z
  .string()
  .min(1)
  .refine((path) => !isAbsolute(path) && !/[\\:]/.test(path), 'is no path below the folder')
  .refine((path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'leaves the folder');

const manifest = z.strictObject({ files: z.array(z.strictObject({ path: relativePath, sha256: artifactName })) });
export type FolderManifest = z.infer<typeof manifest>;

/** Keeps all files of a folder; returns the name of the manifest. */
export async function putFolder(store: ArtifactStore, folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const files: FolderManifest['files'] = [];
  for (const path of paths.sort()) {
    const content: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 2 ** 20 });
    files.push({ path: path.slice(join(folder, sep).length).replaceAll(sep, '/'), sha256: await store.put(content) });
  }
  return store.put([Buffer.from(canonicalJson({ files }))]);
}

export async function getManifest(store: ArtifactStore, name: string): Promise<FolderManifest> {
  return manifest.parse(JSON.parse(new TextDecoder().decode(await readAll(store, name))));
}

/** Writes a folder that was put, whole or not at all; the target must not be there. */
export async function getFolder(store: ArtifactStore, name: string, target: string): Promise<void> {
  const making = `${target}.${process.pid}.part`;
  try {
    await mkdir(making, { recursive: true });
    for (const { path, sha256 } of (await getManifest(store, name)).files) {
      await mkdir(dirname(join(making, path)), { recursive: true });
      await writeWhole(join(making, path), store.get(sha256));
    }
    await rename(making, target);
    await syncFolder(dirname(target));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
