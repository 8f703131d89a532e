// Bundles everything into dist/: the programs (command line, backend, pretraining, benchmarks), the extension, the pages of its
// webviews, and every test file.
import { access, readdir, rm } from 'node:fs/promises';
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
  'test/reference/logits.ts',
  'test/reference/main.ts',
  'test/vscode/main.ts',
];
const testFiles = (await readdir('test', { recursive: true })).map((name) => `test/${name}`);
/** Run by mocha in Node, and with a browser beside it; `.suite.ts` runs inside the editor. */
const tests = testFiles.filter((name) => name.endsWith('.test.ts') || name.endsWith('.ui.ts'));
const suites = testFiles.filter((name) => name.endsWith('.suite.ts'));

const common = { outdir: 'dist', outbase: '.', bundle: true, sourcemap: true, logLevel: 'warning' };

await rm('dist', { recursive: true, force: true });
await Promise.all([
  // Packages stay outside the bundles: onnxruntime-node finds its native files beside itself.
  build({
    ...common,
    entryPoints: [...programs, ...tests],
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
  }),
  // The editor gives `vscode` to CommonJS modules; all else is in the bundle, because it is installed without packages.
  build({
    ...common,
    entryPoints: ['extension/main.ts'],
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    outExtension: { '.js': '.cjs' },
    // Half as much to read when the editor starts; names stay as they are, for stacks.
    minifyWhitespace: true,
    minifySyntax: true,
  }),
  build({
    ...common,
    entryPoints: ['test/extension/run.ts', ...suites],
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    packages: 'external',
    outExtension: { '.js': '.cjs' },
  }),
  build({
    ...common,
    entryPoints: await pages(),
    platform: 'browser',
    target: 'chrome128',
    format: 'iife',
    minify: true,
  }),
]);

/** Each folder of webview/ with a page.ts is a page. */
async function pages() {
  const found = [];
  for (const name of await readdir('webview').catch(() => [])) {
    const page = `webview/${name}/page.ts`;
    const exists = await access(page).then(
      () => true,
      () => false,
    );
    if (exists) found.push(page);
  }
  return found;
}
