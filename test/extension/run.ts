/**
 * Runs the suite POLYMATH_TEST_SUITE inside the extension host: the editor calls `run` of the file that it is given as
 * extensionTestsPath. What is to be printed goes to the socket POLYMATH_TEST_OUTPUT, how they ended to the file
 * POLYMATH_TEST_RESULTS: the editor's own log is no place for them.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { type Outcome, runTests } from '../support/outcome';
import { patienceOfTests } from '../support/patience';

const {
  POLYMATH_TEST_SUITE = '',
  POLYMATH_TEST_OUTPUT = '',
  POLYMATH_TEST_RESULTS = '',
  POLYMATH_TEST_GREP = '',
} = process.env;

export async function run(): Promise<void> {
  const output = connect(POLYMATH_TEST_OUTPUT);
  await once(output, 'connect');
  Mocha.reporters.Base.consoleLog = (...values: unknown[]) => void output.write(`${format(...values)}\n`);
  await writeFile(POLYMATH_TEST_RESULTS, JSON.stringify(await runSuite()));
  await new Promise<void>((resolve) => output.end(resolve));
}

function runSuite(): Promise<Outcome> {
  const grep = POLYMATH_TEST_GREP === '' ? {} : { grep: POLYMATH_TEST_GREP };
  const mocha = new Mocha({ ui: 'bdd', timeout: patienceOfTests, color: false, ...grep });
  mocha.addFile(join(__dirname, `${POLYMATH_TEST_SUITE}.suite.cjs`));
  return runTests(mocha);
}
