/**
 * GGUF files as model folders, each converted once into Polymath's cache. A note beside the folders tells which file became
 * which, so that a file of gigabytes is not read whole each time to find that out:
 *
 *     gguf/<name>-<content>/        the folders, see `gguf/convert.ts`
 *     gguf/notes/<path's hash>.json
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from '../base/cache-folder';
import { exists, readJson, writeWhole } from '../base/files';
import type { Watch } from '../base/progress';
import { conversionVersion, convertGguf } from './gguf/convert';
import { missingPart } from '../model/weights/model-folder';
import { quantizedCopies } from '../model/weights/quantized';

const noteSchema = z.object({
  /** The file, links resolved; of a split one its first part. */
  source: z.string(),
  size: z.int(),
  /** When it was last changed, milliseconds. */
  modified: z.number(),
  /** Of the converter. */
  version: z.int().default(1),
  /** Name of the folder. */
  folder: z.string().regex(/^[^/\\]+$/),
});

/** A file that was converted. */
export type Conversion = z.infer<typeof noteSchema>;

export const conversionsFolder = (): string => join(cacheFolder(), 'gguf');
const notesFolder = (): string => join(conversionsFolder(), 'notes');

/** The folder of a GGUF file's model, converted now where it has not been yet. Throws what `convertGguf` throws. */
export async function convertedModel(path: string, watch: Pick<Watch, 'report' | 'signal'>): Promise<string> {
  const known = await knownConversion(path);
  if (known !== undefined) return known;
  const folder = await convertGguf(path, conversionsFolder(), watch);
  const source = await realpath(path);
  await removeEarlier(await readNote(notePath(source)));
  const { size, mtimeMs: modified } = await stat(source);
  const note: Conversion = { source, size, modified, version: conversionVersion, folder: basename(folder) };
  await mkdir(notesFolder(), { recursive: true });
  await writeWhole(notePath(source), `${JSON.stringify(note, undefined, 2)}\n`);
  return folder;
}

/** What an earlier version made of a file is of no use any more, unless another file became the same. */
async function removeEarlier(note: Conversion | undefined): Promise<void> {
  if (note === undefined || note.version === conversionVersion) return;
  const same = (await listConversions()).filter(({ folder }) => folder === note.folder);
  const folder = join(conversionsFolder(), note.folder);
  const paths = same.length > 1 ? [] : [folder, ...(await quantizedCopies(folder))];
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

/** The folder of a GGUF file that has been converted, undefined where it has not been, or has changed since. */
export async function knownConversion(path: string): Promise<string | undefined> {
  const source = await realpath(path);
  const note = await readNote(notePath(source));
  if (note === undefined) return undefined;
  const { size, mtimeMs } = await stat(source);
  const folder = join(conversionsFolder(), note.folder);
  const isToday = note.version === conversionVersion;
  const same = isToday && note.source === source && note.size === size && note.modified === mtimeMs;
  return same && (await missingPart(folder)) === undefined ? folder : undefined;
}

export async function listConversions(): Promise<Conversion[]> {
  const names = await readdir(notesFolder()).catch(() => []);
  const notes = await Promise.all(names.map((name) => readNote(join(notesFolder(), name))));
  return notes.filter((note) => note !== undefined).sort((a, b) => (a.source < b.source ? -1 : 1));
}

/** What there is of a file's conversion: its folder, and every note of it. */
export async function conversionPaths(path: string): Promise<string[]> {
  const source = await realpath(path);
  const notes = await listConversions();
  const own = notes.find((note) => note.source === source);
  if (own === undefined) return [];
  const same = notes.filter(({ folder }) => folder === own.folder).map((note) => notePath(note.source));
  const folder = join(conversionsFolder(), own.folder);
  return [folder, ...(await quantizedCopies(folder)), ...same];
}

function notePath(source: string): string {
  return join(notesFolder(), `${createHash('sha256').update(source).digest('hex').slice(0, 16)}.json`);
}

async function readNote(path: string): Promise<Conversion | undefined> {
  if (!(await exists(path))) return undefined;
  // A note that cannot be read costs a conversion, and nothing else.
  return noteSchema.safeParse(await readJson(path, 'A note in the cache').catch(() => undefined)).data;
}
