import { createHash, randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hashContent } from '../../base/content-hash';
import { writeWhole } from '../../base/files';
import type { S3Client } from './s3-client';
import { type ArtifactStore, DamagedArtifactError } from './store';

/** Artifacts as objects of a bucket, each under its name below `blobs/`. */
export class S3Store implements ArtifactStore {
  /** `arriving`: a folder of this machine, where bytes wait until all are there: their name is known at the end only. */
  constructor(
    private readonly client: S3Client,
    private readonly arriving: string,
  ) {}

  has(name: string): Promise<boolean> {
    return this.client.has(`blobs/${name}`);
  }

  async *get(name: string): AsyncGenerator<Uint8Array> {
    const pieces = await this.client.get(`blobs/${name}`);
    if (pieces === undefined) throw new Error(`ENOENT: ${this.client.address} has no artifact ${name}`);
    const hash = createHash('sha256');
    for await (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
    if (hash.digest('hex') !== name) throw new DamagedArtifactError(name);
  }

  async put(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
    await mkdir(this.arriving, { recursive: true });
    const path = join(this.arriving, randomUUID());
    try {
      await writeWhole(path, content);
      const name = await hashContent(path, 'sha256');
      await this.client.put(`blobs/${name}`, { body: await openAsBlob(path), sha256: name });
      return name;
    } finally {
      await rm(path, { force: true });
    }
  }
}
