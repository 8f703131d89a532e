import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, syncFolder, writeWhole } from '../../base/files';
import { type ArtifactStore, DamagedArtifactError } from './store';

const pieceLength = 2 ** 20;

/** Artifacts as files of a folder on this machine, each under its name. */
export class LocalStore implements ArtifactStore {
  constructor(readonly folder: string) {}

  /** The file of an artifact, be it there or not. */
  path(name: string): string {
    return join(this.folder, name);
  }

  has(name: string): Promise<boolean> {
    return exists(this.path(name));
  }

  async *get(name: string): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.path(name), { highWaterMark: pieceLength })) {
      hash.update(piece as Buffer);
      yield piece as Buffer;
    }
    if (hash.digest('hex') !== name) throw new DamagedArtifactError(name);
  }

  async put(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    const hash = createHash('sha256');
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const piece of content) {
        hash.update(piece);
        yield piece;
      }
    }
    // The name is known at the end only.
    const arriving = join(this.folder, `${randomUUID()}.part`);
    try {
      await writeWhole(arriving, hashed());
      const name = hash.digest('hex');
      await rename(arriving, this.path(name));
      await syncFolder(this.folder);
      return name;
    } catch (error) {
      await rm(arriving, { force: true });
      throw error;
    }
  }
}
