import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

describe('the references in the docs', () => {
  it('say what the tables of settings, commands and floors say', async () => {
    // Fails with the names of the files that differ.
    await run(process.execPath, ['scripts/docs.mjs', '--check']);
  });
});
