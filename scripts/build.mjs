// Bundles every program (command line, pretraining, benchmarks) and every test file into dist/.
// Packages stay outside the bundles: onnxruntime-node finds its native files beside itself.
import { readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/** Every TypeScript file below a folder that the filter accepts; a missing folder has none. */
async function sources(folder, accepts) {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.filter((name) => name.endsWith('.ts') && accepts(name)).map((name) => `${folder}/${name}`);
}

const programs = [
  'backend/cli/main.ts',
  ...(await sources('bench', () => true)),
  ...(await sources('pretrain', () => true)),
];
const tests = await sources('test', (name) => name.endsWith('.test.ts'));

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
