/** The unions of a guided split, as the folder of its run keeps them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clustering } from '../protocol/records';
import { unionsFile, type WrittenUnion } from './run-files';

/** In the order in which they came about; none where no guide was asked, or its run is gone. */
export async function readUnions(project: string, { run }: Pick<Clustering, 'run'>): Promise<WrittenUnion[]> {
  if (run === undefined) return [];
  const lines = await readFile(unionsFile(join(project, 'runs', run)), 'utf8').catch(() => '');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as WrittenUnion);
}
