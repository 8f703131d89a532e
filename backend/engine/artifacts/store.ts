/**
 * Artifacts: whatever tasks read and give (values, checkpoints, the files of a model), named by the SHA-256 of its bytes. Whoever
 * finds one under its name may use it, wherever it came from.
 */
import { z } from 'zod';

/** Lower-case hexadecimal. */
export const artifactName = z.string().regex(/^[0-9a-f]{64}$/);

export interface ArtifactStore {
  has(name: string): Promise<boolean>;
  /**
   * The bytes, piece by piece. Iterating throws DamagedArtifactError, at the last piece, where they are not what the name says, and
   * the medium's own error where there is no such artifact.
   */
  get(name: string): AsyncIterable<Uint8Array>;
  /** Keeps bytes, whole or not at all, and returns their name. What is there under that name already is written again. */
  put(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string>;
}

/** The bytes under a name are not those that were put there. */
export class DamagedArtifactError extends Error {
  override readonly name = 'DamagedArtifactError';

  constructor(artifact: string) {
    super(`artifact ${artifact} is damaged: its bytes are not those that its name says`);
  }
}
