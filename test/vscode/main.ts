/**
 * Tries the extension in a real VS Code: node dist/test/vscode/main.js [suites|ui]. First the suites inside its extension host, then
 * what a person sees, in a browser. The last line counts: `N passed, N failed`. Logs and screenshots are kept in .cache/editor.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Mocha from 'mocha';
import { installVSCode } from './install';
import { type Counts, runSuites } from './suites';

const logs = '.cache/editor';

async function runUi(): Promise<Counts> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000 });
  const folder = join(import.meta.dirname, '../ui');
  for (const name of (await readdir(folder)).sort()) if (name.endsWith('.ui.js')) mocha.addFile(join(folder, name));
  await mocha.loadFilesAsync();
  return new Promise((resolve) => {
    const runner = mocha.run((failed) => resolve({ passed: runner.stats?.passes ?? 0, failed }));
  });
}

const parts = { suites: () => runSuites(logs), ui: runUi };
const [, , only] = process.argv;
let [passed, failed] = [0, 0];
await installVSCode();
await rm(logs, { recursive: true, force: true });
await mkdir(logs, { recursive: true });
for (const [name, run] of Object.entries(parts)) {
  if (only !== undefined && only !== name) continue;
  const counts = await run().catch((error: unknown) => {
    console.error(error);
    return { passed: 0, failed: 1 };
  });
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
