/** The two hashes by which the hub names content: SHA-256 of what Git LFS keeps, Git's own of everything else. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface ContentHash {
  readonly algorithm: 'sha256' | 'git';
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** The hash that content of so many bytes is then fed to. */
export function startHash(algorithm: ContentHash['algorithm'], size: number): Hash {
  return algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** The hash of a file's content. */
export async function hashContent(
  path: string,
  algorithm: ContentHash['algorithm'],
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string> {
  const hash = startHash(algorithm, (await stat(path)).size);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk as Buffer);
    onBytes((chunk as Buffer).byteLength);
  }
  return hash.digest('hex');
}
