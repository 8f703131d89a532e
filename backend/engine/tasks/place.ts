import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { type Device, devices } from '../../base/device';
import { type Products, products } from '../../base/precision';
import { version } from '../../base/version';
import { z } from 'zod';

/** Where and by what a task is computed: all that may change the bits of its result. */
export const place = z.strictObject({
  device: z.enum(devices),
  /** How frozen weights multiply, where not in full. */
  products: z.enum(products).exactOptional(),
  /** System, architecture and name of the processor: kernels are chosen by what it can do. */
  processor: z.string(),
  /** Threads inside an operator: they share out sums. */
  threads: z.int().positive(),
  /** Versions of Polymath, with how often its results have changed, and of ONNX Runtime. */
  engine: z.string(),
  runtime: z.string(),
});
export type TaskPlace = z.infer<typeof place>;

/** Counts up when a task gives another result than before. 2: texts end and begin as the model's files say; 3: trained experts are an artifact; 4: what is told before questions is read once. */
const resultsVersion = 4;

/** This machine as a place. */
export function placeHere(device: Device, threads: number, multiplying: Products = 'full'): TaskPlace {
  const [processor] = cpus();
  return {
    device,
    ...(multiplying === 'full' ? {} : { products: multiplying }),
    processor: `${process.platform} ${process.arch} ${processor?.model ?? ''}`.trim(),
    threads,
    engine: `${version} ${resultsVersion}`,
    runtime: runtimeVersion(),
  };
}

/** The version of ONNX Runtime, which is not loaded for that. */
function runtimeVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return z.object({ version: z.string() }).parse(manifest).version;
}
