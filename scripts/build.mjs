// Bundles every program (command line, pretraining, benchmarks) and every test file into dist/.
// Packages stay outside the bundles: onnxruntime-node finds its native files beside itself.
import { readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const programs = [
  'backend/cli/main.ts',
  'backend/server/main.ts',
  'backend/runs/work/runner.ts',
  'backend/runs/work/worker.ts',
  'backend/runs/work/estimator.ts',
  'backend/runs/work/inference.ts',
  'pretrain/main.ts',
  'bench/main.ts',
  'bench/child.ts',
  'bench/bits-per-byte.ts',
  'bench/backend.ts',
  'bench/import.ts',
];
const tests = (await readdir('test', { recursive: true }))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name}`);

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: [...programs, ...tests],
  outdir: 'dist',
  outbase: '.',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
