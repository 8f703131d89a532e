/**
 * The files with which ONNX Runtime computes on NVIDIA's GPUs: fetched when a user asks for them, kept beside a copy of its
 * native files, because it looks for providers beside itself. NuGet has those for CUDA 12 that the makers of the Node package
 * name; where it cannot be reached, the Python package of the same version has those for the CUDA that it was built with.
 */
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { formatBytes } from '../../base/bytes';
import { UserError } from '../../base/errors';
import { exists, syncFolder } from '../../base/files';
import type { Watch } from '../../base/progress';
import { cudaFolder, runtimeVersion } from '../../base/provider-files';
import { download, type Download } from '../hub/download';
import { TransferError } from '../hub/errors';
import { Http } from '../hub/http';
import { withLock } from '../hub/lock';
import { requireSpaceInCache } from '../../base/disk-space';
import { findNugetPackage, nugetIndex } from './nuget';
import { fileSize, findWheel, indexRefusal } from './package-index';
import { indexSettings } from './settings';
import { unpackEntry } from './wheel';

const nugetId = 'Microsoft.ML.OnnxRuntime.Gpu.Linux';
const wheelName = 'onnxruntime-gpu';
const providers = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

export interface CudaWatch extends Watch {
  /** A line for the user. */
  readonly tell: (line: string) => void;
}

export interface CudaFiles {
  readonly folder: string;
  /** Bytes that were downloaded; 0 where the files were here. */
  readonly downloaded: number;
}

interface Source {
  readonly http: Http;
  readonly file: Download;
}

/** Fetches the files. What was downloaded stays when it is stopped. Throws UserError. */
export async function fetchCuda(watch: CudaWatch): Promise<CudaFiles> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new UserError(
      `ONNX Runtime has CUDA for Node on Linux x64 only, and this is ${process.platform}-${process.arch}.`,
      'Choose --device webgpu: it computes on the same GPUs.',
    );
  }
  const folder = cudaFolder();
  if (await exists(folder)) return { folder, downloaded: 0 };
  const waiting = (): void => watch.tell('Another process fetches the same files: waiting for it.');
  return withLock(`${folder}.lock`, watch.signal, waiting, async () => {
    if (await exists(folder)) return { folder, downloaded: 0 };
    const { http, file } = await findSource(watch);
    try {
      watch.tell(`${file.name}, ${formatBytes(file.size)}, from ${new URL(file.url).host}`);
      const archive = join(dirname(folder), file.name);
      await requireSpaceInCache(archive, file.size);
      const onBytes = (bytes: number): void => report(watch, 'Downloading', bytes, file.size);
      if (!(await exists(archive))) await download(http, file, archive, { signal: watch.signal, onBytes });
      await install(archive, folder, watch);
      await rm(archive);
    } finally {
      await http.close();
    }
    return { folder, downloaded: file.size };
  });
}

/** Removes the files. Returns the bytes that are free again; throws UserError where there are none. */
export async function removeCuda(): Promise<number> {
  const folder = cudaFolder();
  if (!(await exists(folder)))
    throw new UserError('The files of CUDA are not on this machine.', 'Nothing was removed.');
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  await rm(folder, { recursive: true });
  return bytes;
}

async function findSource({ signal, tell }: CudaWatch): Promise<Source> {
  const version = runtimeVersion();
  const http = new Http();
  try {
    const {
      filename: name,
      url,
      size,
      sha512,
    } = await findNugetPackage(http, nugetIndex(), { id: nugetId, version }, signal);
    const refuse: Download['refuse'] = ({ status }) =>
      new UserError(`${name} was refused: the index answered ${status}.`, 'Run the command again later.');
    return { http, file: { url, name, size, hash: { algorithm: 'sha512', value: sha512 }, refuse } };
  } catch (error) {
    await http.close();
    if (!(error instanceof TransferError) || !error.unreachable) throw error;
    tell(`${error.message} The Python package ${wheelName} has the same files.`);
    return findInWheel(version, signal);
  }
}

async function findInWheel(version: string, signal: AbortSignal): Promise<Source> {
  const index = await indexSettings();
  const http = new Http(index.certificates === undefined ? {} : { certificates: index.certificates });
  const wheel = await findWheel(http, index, wheelName, signal, (file) => {
    return file.version === version && /linux\w*_x86_64\.whl$/.test(file.filename);
  });
  const { filename: name, url, sha256: value } = wheel;
  const size = wheel.size ?? (await fileSize(http, index, wheel, signal));
  const headers = new URL(url).origin === new URL(index.url).origin ? index.headers : {};
  const refuse: Download['refuse'] = (response) => indexRefusal(response, name);
  return { http, file: { url, headers, name, size, hash: { algorithm: 'sha256', value }, refuse } };
}

/** Puts the providers and a copy of what they lie beside into the folder: whole or not at all. */
async function install(archive: string, folder: string, watch: Watch): Promise<void> {
  const making = `${folder}.${process.pid}.part`;
  await mkdir(making, { recursive: true });
  try {
    for (const name of providers) {
      const onBytes = (done: number, total: number): void => report(watch, `Unpacking ${name}`, done, total);
      const pattern = new RegExp(`/${name.replaceAll('.', '\\.')}$`);
      await unpackEntry(archive, pattern, join(making, name), { signal: watch.signal, onBytes });
    }
    const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    const native = join(root, 'bin', 'napi-v6', process.platform, process.arch);
    for (const name of await readdir(native)) await copyFile(join(native, name), join(making, name));
    await rename(making, folder);
    await syncFolder(dirname(folder));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

function report(watch: Watch, stage: string, done: number, total: number): void {
  watch.report({ stage, done: done / 1e6, total: total / 1e6, unit: 'MB' });
}
