// What of the bundles the build and the package share.
import { access, readdir } from 'node:fs/promises';

export const common = { outdir: 'dist', outbase: '.', bundle: true, sourcemap: true, logLevel: 'warning' };
const inNode = { platform: 'node', target: 'node20' };

/** The programs that the extension starts. */
export const backend = [
  'backend/server/main.ts',
  'backend/programs/chat.ts',
  'backend/programs/runner.ts',
  'backend/programs/worker.ts',
  'backend/programs/device-probe.ts',
  'backend/programs/estimator.ts',
  'backend/programs/explainer.ts',
  'backend/programs/inference.ts',
  'backend/programs/inquiry.ts',
  'backend/programs/layout.ts',
];

/** Programs in Node, with what they share in chunks. */
export const nodePrograms = {
  ...common,
  ...inNode,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
};

/** The editor gives `vscode` to CommonJS modules. */
export const insideEditor = {
  ...common,
  ...inNode,
  format: 'cjs',
  external: ['vscode'],
  outExtension: { '.js': '.cjs' },
};

/** The extension: all of it is in the bundle, because it is installed without packages. */
export const extension = {
  ...insideEditor,
  entryPoints: ['extension/main.ts'],
  // Half as much to read when the editor starts; names stay as they are, for stacks.
  minifyWhitespace: true,
  minifySyntax: true,
};

/** The pages: each folder of webview/ with a page.ts is one. */
export const pages = async () => ({
  ...common,
  entryPoints: await pageFiles(),
  platform: 'browser',
  target: 'chrome128',
  format: 'iife',
  minify: true,
});

async function pageFiles() {
  const found = [];
  for (const name of await readdir('webview')) {
    const page = `webview/${name}/page.ts`;
    const exists = await access(page).then(
      () => true,
      () => false,
    );
    if (exists) found.push(page);
  }
  return found;
}
