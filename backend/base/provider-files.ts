import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder';

/**
 * The folder of the user's cache for CUDA: a copy of ONNX Runtime's native files, and beside it the provider files that its
 * package leaves out, because it looks for providers only there. It is there whole or not at all.
 */
export const cudaFolder = (): string =>
  join(cacheFolder(), 'onnxruntime', `${runtimeVersion()}-${process.platform}-${process.arch}-cuda`);

/** Of the installed ONNX Runtime; provider files are of the same one. */
export function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return version;
}
