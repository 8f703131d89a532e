// npm run contributions [-- --check]: writes what the extension's tables say of it (commands, menus, keys, settings, views …) into
// package.json; with --check it only tells whether package.json says the same.
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { format } from 'prettier';
import { insideEditor } from './bundles.mjs';

const path = 'package.json';
const before = await readFile(path, 'utf8');
const after = await format(JSON.stringify({ ...JSON.parse(before), ...(await manifest()) }), {
  parser: 'json-stringify',
});
if (process.argv.includes('--check')) {
  if (after === before) process.exit(0);
  console.error(`${path} does not say what the tables in extension/ say. Run \`npm run contributions\`.`);
  process.exit(1);
}
await writeFile(path, after);

/** Bundled without the editor, and read at once. */
async function manifest() {
  const { outputFiles } = await build({
    ...insideEditor,
    entryPoints: ['extension/contributions/package.ts'],
    external: [],
    alias: { vscode: './scripts/no-editor.cjs' },
    format: 'esm',
    sourcemap: false,
    write: false,
  });
  return (await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)).manifest;
}
