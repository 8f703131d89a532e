// npm run docs [-- --check]: writes what the tables say into docs/settings.md, docs/commands.md and the floors of ARCHITECTURE.md;
// with --check it only tells whether these files say the same.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { floors } from '../floors.mjs';
import { nodePrograms } from './bundles.mjs';

const { references } = await load();
const read = (path) => readFile(path, 'utf8').catch(() => '');
const files = Object.entries(references(await read('ARCHITECTURE.md'), floors));
const changed = [];
for (const [path, text] of files) if ((await read(path)) !== text) changed.push([path, text]);
if (process.argv.includes('--check')) {
  for (const [path] of changed) console.error(`${path} does not say what the tables say. Run \`npm run docs\`.`);
  process.exit(changed.length === 0 ? 0 : 1);
}
for (const [path, text] of changed) await writeFile(path, text);

/** Bundled without the editor; what is loaded later stays in files of its own. */
async function load() {
  const outdir = join('.cache', 'docs');
  await build({
    ...nodePrograms,
    entryPoints: ['scripts/reference/references.ts'],
    alias: { vscode: './scripts/no-editor.cjs' },
    packages: 'external',
    sourcemap: false,
    outdir,
  });
  return import(pathToFileURL(join(outdir, 'scripts/reference/references.js')).href);
}
