/**
 * Tries the extension in a real VS Code: node dist/test/vscode/main.js [--seed N] [suites|ui|suites/NAME|ui/NAME]… The suites run
 * inside its extension host, each in a window of its own; the tests of ui see what a person sees, in a browser. All come in a
 * random order, which is the same with the same seed. At the end stands what failed, and the last line counts: `N passed, N failed`.
 * Logs and screenshots are kept in .cache/editor.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { createRandom } from '../../backend/base/random';
import { installVSCode } from './install';
import { type Outcome, runTests } from '../support/outcome';
import { patienceOfTests } from '../support/patience';
import { runSuite } from './suites';

const logs = '.cache/editor';

async function runUi(name: string): Promise<Outcome> {
  const mocha = new Mocha({ ui: 'bdd', timeout: patienceOfTests });
  mocha.addFile(join(import.meta.dirname, `../ui/${name}.ui.js`));
  await mocha.loadFilesAsync();
  return runTests(mocha);
}

const parts = {
  suites: { folder: 'extension', ending: '.suite.cjs', run: (name: string) => runSuite(name, logs) },
  ui: { folder: 'ui', ending: '.ui.js', run: runUi },
};

interface Entry {
  /** As it is named on the command line: `ui/map`. */
  readonly id: string;
  readonly run: () => Promise<Outcome>;
}

/** Every file of tests. */
async function allEntries(): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const [part, { folder, ending, run }] of Object.entries(parts)) {
    for (const file of (await readdir(join(import.meta.dirname, '..', folder))).sort()) {
      const name = file.slice(0, -ending.length);
      if (file.endsWith(ending)) entries.push({ id: `${part}/${name}`, run: () => run(name) });
    }
  }
  return entries;
}

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const isAsked = ({ id }: Entry): boolean =>
  positionals.length === 0 || positionals.some((asked) => id === asked || id.startsWith(`${asked}/`));
const entries = createRandom(seed).shuffle((await allEntries()).filter(isAsked));

const outcomes: Outcome[] = [];
await installVSCode();
await rm(logs, { recursive: true, force: true });
await mkdir(logs, { recursive: true });
console.log(`In the order of --seed ${seed}: ${entries.map(({ id }) => id).join(' ')}`);
for (const { id, run } of entries) {
  const outcome = await run().catch((error: unknown): Outcome => {
    console.error(error);
    return { passed: 0, failed: 1, failures: [String(error)] };
  });
  outcomes.push({ ...outcome, failures: outcome.failures.map((failure) => `${id}: ${failure}`) });
}
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
for (const failure of outcomes.flatMap(({ failures }) => failures)) console.log(`Failed: ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
