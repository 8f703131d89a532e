/** What tells two models apart: the files that decide what they compute and say. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from '../../base/cache-folder';
import { exists, isSystemError, writeWhole } from '../../base/files';
import { hashContent } from '../../base/content-hash';
import { tokenizerFiles } from './model-folder';
import { checkFinite } from './finite';
import { readSafetensorsHeader } from './safetensors';
import { weightFiles } from './weight-files';

/** Beside the weights and the tokenizer; all but the first may be missing. */
const settingsFiles = [
  'config.json',
  'generation_config.json',
  'tokenizer_config.json',
  'added_tokens.json',
  'chat_template.jinja',
  'additional_chat_templates/default.jinja',
];

export interface FingerprintOptions {
  /** Where hashes of large files are kept. */
  readonly cache?: string;
  /** Bytes from which on a file is large. */
  readonly large?: number;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/**
 * SHA-256 over names and contents of a model's files. Throws UserError where weights are missing or damaged, and where they hold
 * values that are no numbers.
 *
 * The hash of a large file is kept, and the file is not read again while it is the same file of the same size, and its times of
 * change are the same: the one that programs can set, and the one that the file system sets at every write.
 */
export async function hashModel(folder: string, options: FingerprintOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  for (const name of [...settingsFiles, ...(await tokenizerFiles(folder))]) {
    const path = join(folder, name);
    if (await exists(path)) hash.update(`${name} ${await hashContent(path, 'sha256')}\n`);
  }
  for (const name of await weightFiles(folder))
    hash.update(`${name} ${await hashWeights(join(folder, name), options)}\n`);
  return hash.digest('hex');
}

/** A write just before a file was hashed and one just after it could have the same time. */
const leastAge = 2000;

async function hashWeights(
  path: string,
  { cache = join(cacheFolder(), 'hashes'), large = 2 ** 26, now = Date.now() }: FingerprintOptions,
): Promise<string> {
  const entries = await readSafetensorsHeader(path);
  const real = await realpath(path);
  const state = await stateOf(real);
  const record = join(cache, `${createHash('sha256').update(real).digest('hex')}.json`);
  const known = state.size >= large ? await readRecord(record) : undefined;
  if (known?.state === state.key) return known.sha256;
  const sha256 = await hashContent(real, 'sha256');
  await checkFinite(path, entries);
  const settled = (await stateOf(real)).key === state.key && state.changed + leastAge < now;
  if (state.size >= large && settled) await writeRecord(cache, record, { state: state.key, sha256 });
  return sha256;
}

/** What changes when a file does. */
async function stateOf(path: string): Promise<{ key: string; size: number; changed: number }> {
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
  return { key: [dev, ino, size, mtimeNs, ctimeNs].join(), size: Number(size), changed: Number(ctimeMs) };
}

const recordSchema = z.object({ state: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** The kept hash; undefined where there is none that can be read. */
async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Nothing is lost where the cache cannot be written: the file is read again. */
async function writeRecord(cache: string, path: string, record: z.infer<typeof recordSchema>): Promise<void> {
  try {
    await mkdir(cache, { recursive: true });
    await writeWhole(path, JSON.stringify(record));
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
  }
}
