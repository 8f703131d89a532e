import type * as Runtime from 'onnxruntime-node';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cudaFolder } from '../base/provider-files';

/**
 * ONNX Runtime. On Linux and macOS it would keep an identifier of the machine in the user's cache and report to its makers
 * which devices, providers and models are used, unless this variable is there before it is loaded.
 */
export async function loadRuntime(): Promise<typeof Runtime> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  if (existsSync(cudaFolder())) takeBindingOf(cudaFolder());
  return import('onnxruntime-node');
}

/**
 * Has the package use the native files of another folder: ONNX Runtime looks for its providers beside itself, and the package's own
 * folder may be read-only, or shared with other users.
 */
function takeBindingOf(folder: string): void {
  const require = createRequire(import.meta.url);
  const { platform, arch } = process;
  const packaged = require.resolve(`onnxruntime-node/bin/napi-v6/${platform}/${arch}/onnxruntime_binding.node`);
  if (require.cache[packaged] !== undefined) return;
  try {
    const own = require.resolve(join(folder, 'onnxruntime_binding.node'));
    require(own);
    require.cache[packaged] = require.cache[own];
  } catch (error) {
    // Whatever is wrong with it, the other devices need none of it.
    console.error(
      `The files of CUDA in ${folder} are not used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
