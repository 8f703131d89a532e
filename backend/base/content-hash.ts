/**
 * The hashes by which others name content: the hub by SHA-256 what Git LFS keeps and by Git's own everything else, indexes of
 * packages by SHA-256 (Python's) or SHA-512 (NuGet's).
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface ContentHash {
  readonly algorithm: 'sha256' | 'sha512' | 'git';
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** The hash that content of so many bytes is then fed to. */
export function startHash(algorithm: ContentHash['algorithm'], size: number): Hash {
  return algorithm === 'git' ? createHash('sha1').update(`blob ${size}\0`) : createHash(algorithm);
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
