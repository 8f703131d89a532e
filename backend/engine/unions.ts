/** The unions of a guided split, as the folder of its run keeps them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type SplitRecord, unionRecord } from '../protocol/records';
import { unionsFile } from './run-files';

/** A line of the unions: why, and the ids of the documents on both sides. */
export const writtenUnion = unionRecord
  .omit({ number: true, own: true, other: true })
  .extend({ a: z.array(z.string()), b: z.array(z.string()) });
export type WrittenUnion = z.infer<typeof writtenUnion>;

/** In the order in which they came about; none where no guide was asked, or its run is gone. */
export async function readUnions(project: string, { run }: Pick<SplitRecord, 'run'>): Promise<WrittenUnion[]> {
  if (run === undefined) return [];
  const lines = await readFile(unionsFile(join(project, 'runs', run)), 'utf8').catch(() => '');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => writtenUnion.parse(JSON.parse(line)));
}
