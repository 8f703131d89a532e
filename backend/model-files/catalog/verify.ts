/** `polymath models verify`: whether a model is what was published, and whole. */
import { basename, join, relative, sep } from 'node:path';
import { UserError } from '../../base/errors';
import type { Check } from '../../protocol/messages';
import type { Watch } from '../../base/progress';
import { ggufModels } from '../hub/choose';
import { hashContent } from '../../base/content-hash';
import { LanguageModel } from '../../model/language-model';
import { packagedFile } from '../packages/smollm2';
import { findModel, type LocatedModel, locateModel } from '../source';
import { checkFinite } from '../../model/weights/finite';
import { readSafetensorsHeader } from '../../model/weights/safetensors';
import { weightFiles } from '../../model/weights/weight-files';

type QuietWatch = Pick<Watch, 'report' | 'signal'>;

/**
 * Compares every file with the hash that was stated where it came from, opens the model, and looks through its weights for
 * values that are no numbers. Throws UserError where the model is not here; what is wrong with it stands in the checks.
 */
export async function verifyModel(name: string, watch: QuietWatch): Promise<Check[]> {
  const located = await locateModel(name);
  const repair = `Fetch it anew: polymath models remove ${name}, then polymath models pull ${name}`;
  const checks = await checkHashes(located, repair, watch);
  if (checks.some(({ ok }) => !ok)) return checks;
  const model = await check('Model', repair, async () => describe((await findModel(name, watch)).folder));
  if (!model.ok) return [...checks, model];
  const { folder } = await findModel(name, watch);
  return [...checks, model, await check('Weights', repair, () => checkNumbers(folder, watch))];
}

async function check(name: string, next: string, task: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, found: await task(), next: '' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, ok: false, found: error.message, next };
  }
}

async function describe(folder: string): Promise<string> {
  const model = await LanguageModel.open(folder);
  return `configuration, tokenizer and ${model.size.toLocaleString('en-US')} weights fit together`;
}

async function checkNumbers(folder: string, { report, signal }: QuietWatch): Promise<string> {
  const files = await weightFiles(folder);
  for (const [i, file] of files.entries()) {
    signal.throwIfAborted();
    report({ stage: 'Looking through the weights', done: i, total: files.length, unit: 'files' });
    const path = join(folder, file);
    await checkFinite(path, await readSafetensorsHeader(path));
  }
  report({ stage: 'Looking through the weights', done: files.length, total: files.length, unit: 'files' });
  return 'all values are numbers';
}

interface Expected {
  readonly path: string;
  readonly hash: string;
}

async function checkHashes(located: LocatedModel, repair: string, { report, signal }: QuietWatch): Promise<Check[]> {
  const expected = await expectedHashes(located);
  if (expected.length === 0) {
    return [{ name: 'Hashes', ok: true, found: 'nothing states any for this model', next: '' }];
  }
  const checks: Check[] = [];
  for (const [i, { path, hash }] of expected.entries()) {
    signal.throwIfAborted();
    report({ stage: 'Hashing', done: i, total: expected.length, unit: 'files', note: basename(path) });
    checks.push(await check(basename(path), repair, () => compareHash(path, hash)));
  }
  report({ stage: 'Hashing', done: expected.length, total: expected.length, unit: 'files' });
  return checks;
}

async function compareHash(path: string, hash: string): Promise<string> {
  const isSha256 = hash.length === 64;
  const found = await hashContent(path, isSha256 ? 'sha256' : 'git');
  const told = `${isSha256 ? 'SHA-256' : 'Git hash'} ${hash.slice(0, 12)}…`;
  if (found === hash) return told;
  throw new UserError(`${told} was stated, and it is ${found.slice(0, 12)}….`, 'Fetch it anew.');
}

/** The files of a model with the hashes that the hub or the package index stated when they were downloaded. */
async function expectedHashes({ kind, path, snapshot }: LocatedModel): Promise<Expected[]> {
  const packaged = await packagedFile();
  if (packaged?.path === path) return [{ path, hash: packaged.origin.sha256 }];
  if (snapshot === undefined) return [];
  const { cache, commit } = snapshot;
  const folder = cache.snapshot(commit);
  const all = await cache.files(commit);
  const own = relative(folder, path).split(sep).join('/');
  const files = kind === 'folder' ? all : (ggufModels(all).find((parts) => parts[0].path === own) ?? []);
  const expected: Expected[] = [];
  for (const file of files) {
    const hash = await cache.hashOf(commit, file.path);
    if (hash !== undefined) expected.push({ path: join(folder, file.path), hash });
  }
  return expected;
}
