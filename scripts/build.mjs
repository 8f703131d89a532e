// Bundles everything into dist/: the programs (command line, backend, pretraining, benchmarks), the extension, the pages of its
// webviews, and every test file.
import { readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { backend, extension, insideEditor, nodePrograms, pages } from './bundles.mjs';

const programs = [
  ...backend,
  'backend/cli/main.ts',
  'pretrain/main.ts',
  'bench/main.ts',
  'bench/child.ts',
  'bench/bits-per-byte.ts',
  'bench/noise.ts',
  'bench/exam-seeds.ts',
  'bench/method1.ts',
  'bench/method1-curve.ts',
  'bench/method1-plot.ts',
  'bench/peft-method.ts',
  'bench/precision.ts',
  'bench/products.ts',
  'bench/scale.ts',
  'bench/backend.ts',
  'bench/find.ts',
  'bench/editor.ts',
  'bench/import.ts',
  'bench/estimates.ts',
  'bench/hard-corpus.ts',
  'bench/import-mutations.ts',
  'test/crash/main.ts',
  'test/damage/main.ts',
  'test/damage/probe.ts',
  'test/house/toys/command-line.ts',
  'test/house/toys/estimator.ts',
  'test/house/toys/inference.ts',
  'test/house/toys/runner.ts',
  'test/house/toys/worker.ts',
  'test/reference/choices.ts',
  'test/reference/logits.ts',
  'test/reference/main.ts',
  'test/reference/mutations.ts',
  'test/reference/texts.ts',
  'test/support/toy-worker.ts',
  'test/vscode/main.ts',
];
const testFiles = (await readdir('test', { recursive: true })).map((name) => `test/${name}`);
/** Run by mocha in Node, and with a browser beside it; `.suite.ts` runs inside the editor. */
const tests = testFiles.filter((name) => name.endsWith('.test.ts') || name.endsWith('.ui.ts'));
const suites = testFiles.filter((name) => name.endsWith('.suite.ts'));

await rm('dist', { recursive: true, force: true });
await Promise.all([
  // Packages stay outside: onnxruntime-node finds its native files beside itself.
  build({ ...nodePrograms, entryPoints: [...programs, ...tests], packages: 'external' }),
  build(extension),
  build({ ...insideEditor, entryPoints: ['test/extension/run.ts', ...suites], packages: 'external' }),
  build(await pages()),
]);
