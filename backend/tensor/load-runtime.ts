import type * as Runtime from 'onnxruntime-node';

/**
 * ONNX Runtime. On Linux and macOS it would keep an identifier of the machine in the user's cache and report to its makers
 * which devices, providers and models are used, unless this variable is there before it is loaded.
 */
export async function loadRuntime(): Promise<typeof Runtime> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  return import('onnxruntime-node');
}
