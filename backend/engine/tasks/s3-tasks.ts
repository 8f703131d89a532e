import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from '../../base/cache-folder';
import { S3Client } from '../artifacts/s3-client';
import { S3Store } from '../artifacts/s3-store';
import { artifactName } from '../artifacts/store';
import type { TaskStore } from './task-store';

/** What tasks leave in a bucket, laid out as in a folder; checkpoints stay on the machine that makes them. */
export class S3Tasks implements TaskStore {
  readonly artifacts: S3Store;
  private readonly client: S3Client;

  constructor(address: string) {
    this.client = new S3Client(address);
    this.artifacts = new S3Store(this.client, join(cacheFolder(), 'arriving'));
  }

  async result(key: string): Promise<string | undefined> {
    const pieces = await this.client.get(`results/${key}`);
    if (pieces === undefined) return undefined;
    const text: Uint8Array[] = [];
    for await (const piece of pieces) text.push(piece);
    return artifactName.safeParse(Buffer.concat(text).toString('utf8')).data;
  }

  async keepResult(key: string, artifact: string): Promise<void> {
    const sha256 = createHash('sha256').update(artifact).digest('hex');
    await this.client.put(`results/${key}`, { body: artifact, sha256 });
  }

  work(key: string): string {
    return join(cacheFolder(), 'work', key);
  }
}
