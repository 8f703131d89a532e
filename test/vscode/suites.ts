import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { format } from 'node:util';
import type { Outcome } from '../support/outcome';
import { Session } from './session';

const longestMilliseconds = 1_200_000;

/**
 * Runs a suite of test/extension inside the extension host of a VS Code: in a window, a folder and user data of its own, so that it
 * finds nothing of another one. Throws where the run itself fails.
 */
export async function runSuite(name: string, logs: string): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'polymath-suites-'));
  const folder = join(scratch, 'folder');
  await mkdir(folder);
  const results = join(scratch, 'results.json');
  const output = createServer((socket) => socket.pipe(process.stdout, { end: false }));
  output.listen(join(scratch, 'output'));
  const env = {
    POLYMATH_TEST_SUITE: name,
    POLYMATH_TEST_OUTPUT: join(scratch, 'output'),
    POLYMATH_TEST_RESULTS: results,
  };
  const session = await Session.open({ folder, suites: 'dist/test/extension/run.cjs', env });
  try {
    await finished(session);
    return JSON.parse(await readFile(results, 'utf8')) as Outcome;
  } catch (error) {
    await session.keepLogs(join(logs, name));
    throw error;
  } finally {
    await session.close();
    output.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Resolves when the editor says that `run` has settled. */
async function finished(session: Session): Promise<void> {
  const { page, server } = session;
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  // The editor calls these two where it runs tests.
  await page.exposeFunction('codeAutomationExit', () => settle());
  await page.exposeFunction('codeAutomationLog', (type: string, values: unknown[]) => {
    const text = format(...values);
    // The editor has errors of its own, of what is not there in these tests.
    if (type === 'error' && /polymath/i.test(text)) console.error(text);
  });
  const giveUp = new AbortController();
  const fails = async (event: Promise<unknown>, message: string): Promise<never> => {
    await event;
    throw new Error(message);
  };
  await session.load();
  try {
    await Promise.race([
      settled,
      fails(server.ended, 'the VS Code server ended during the tests'),
      fails(page.waitForEvent('crash', { timeout: 0 }), 'the page crashed'),
      fails(sleep(longestMilliseconds, undefined, { signal: giveUp.signal }), 'the tests did not end in time'),
    ]);
  } finally {
    giveUp.abort();
  }
}
