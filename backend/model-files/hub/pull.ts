/** Brings a model of the hub into the cache. */
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { exists } from '../../base/files';
import type { Watch } from '../../base/progress';
import { readConfig } from '../../model/architectures/config';
import { encoderWeights } from '../../model/weights/encoder-files';
import { chooseFiles } from './choose';
import { bytesHere, download, type Download } from './download';
import type { Http } from './http';
import { authorization, listRepository, refusal, type RemoteFile } from './listing';
import { withLock } from './lock';
import type { HubName } from './name';
import { RepositoryCache } from './repository-cache';
import type { HubSettings } from './settings';
import { requireSpaceInCache } from '../../base/disk-space';

/** What a pull will do. */
export interface PullPlan {
  readonly name: HubName;
  readonly commit: string;
  readonly files: readonly RemoteFile[];
  /** Bytes of all files, and of what is here of them already. */
  readonly bytes: number;
  readonly here: number;
}

/** Asks the hub what a model needs. Throws UserError where it has no such model, or none that can be used. */
export async function planPull(
  http: Http,
  settings: HubSettings,
  name: HubName,
  signal: AbortSignal,
): Promise<PullPlan> {
  if (settings.offline) {
    throw new UserError('HF_HUB_OFFLINE forbids to use the network.', 'Unset it, and run the command again.');
  }
  const listing = await listRepository(http, settings, name, signal);
  const files = chooseFiles(listing, name.gguf);
  const cache = new RepositoryCache(settings.cache, name.id);
  let here = 0;
  for (const { hash, size } of files) here += await bytesHere(cache.blob(hash.value), size);
  return { name, commit: listing.commit, files, bytes: files.reduce((sum, { size }) => sum + size, 0), here };
}

/**
 * Downloads what is missing. Returns the snapshot's folder. What was downloaded stays when it is stopped or fails.
 */
export async function pullRepository(http: Http, settings: HubSettings, plan: PullPlan, watch: Watch): Promise<string> {
  const { name, commit, files } = plan;
  const cache = new RepositoryCache(settings.cache, name.id);
  const lock = join(settings.cache, '.locks', `models--${name.id.replaceAll('/', '--')}`, 'polymath.lock');
  const waiting = (): void =>
    watch.report({ stage: 'Waiting for another pull of this model', done: 0, total: 0, unit: 's' });
  await withLock(lock, watch.signal, waiting, async () => {
    await requireSpaceInCache(settings.cache, plan.bytes - plan.here);
    // A model that is here already stays the one that is meant until all of the new one is here.
    if ((await cache.commitOf(name.revision)) === undefined) await cache.setRef(name.revision, commit);
    const encoder = encoderWeights.some(({ path }) => files.some((file) => file.path === path));
    let finished = 0;
    for (const file of files) {
      const onBytes = (bytes: number): void => watch.report(progress(finished + bytes, plan.bytes, file.path));
      const target = cache.blob(file.hash.value);
      if ((await bytesHere(target, file.size)) < file.size || !(await exists(target))) {
        await download(http, toDownload(settings, plan, file), target, { signal: watch.signal, onBytes });
      }
      await cache.place(commit, file.path, file.hash.value);
      finished += file.size;
      watch.report(progress(finished, plan.bytes));
      // Small files come first: better to hear now than after gigabytes that the model cannot be used.
      if (file.path === 'config.json' && !encoder) await readConfig(join(cache.snapshot(commit), file.path));
    }
    await cache.setRef(name.revision, commit);
  });
  return cache.snapshot(commit);
}

function progress(done: number, total: number, note?: string): Parameters<Watch['report']>[0] {
  const report = { stage: 'Downloading', done: done / 1e6, total: total / 1e6, unit: 'MB' };
  return note === undefined ? report : { ...report, note };
}

function toDownload(settings: HubSettings, { name, commit }: PullPlan, { path, size, hash }: RemoteFile): Download {
  const place = path.split('/').map(encodeURIComponent).join('/');
  return {
    url: `${settings.endpoint}/${name.id}/resolve/${commit}/${place}`,
    headers: authorization(settings),
    name: `${name.id}/${path}`,
    size,
    hash,
    refuse: (response) => refusal(response, settings, name),
  };
}
