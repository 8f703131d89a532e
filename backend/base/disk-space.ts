import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatBytes } from './bytes';
import { UserError } from './errors';
import { exists } from './files';

/** Room that a download leaves free: a disk that is full to the brim stops everything else. */
const spared = 100e6;

/** Throws UserError where the disk of a path has no room for so many bytes more. */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  let place = path;
  while (!(await exists(place)) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  if (bavail * bsize >= bytes + spared) return;
  throw new UserError(
    `The disk of ${path} has ${formatBytes(bavail * bsize)} free, and ${formatBytes(bytes)} are to be written.`,
    'Free some space, or put the cache elsewhere with HF_HOME (models of the hub) and POLYMATH_CACHE (everything else).',
  );
}
