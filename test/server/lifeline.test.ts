import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

describe('lifeline', () => {
  let folder = '';
  let watcher = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-lifeline-'));
    const outfile = join(folder, 'lifeline.mjs');
    await build({
      entryPoints: ['backend/server/lifeline.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
    });
    watcher = `
      import { onParentGone } from ${JSON.stringify(pathToFileURL(outfile).href)};
      const ending = setTimeout(() => process.exit(7), 8000);
      onParentGone(() => { clearTimeout(ending); console.log('gone'); });
      console.log('watching');`;
  });
  after(() => rm(folder, { recursive: true }));

  const run = (code: string, stdin: 'pipe' | 'ignore', ...args: string[]): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '-e', code, ...args], { stdio: [stdin, 'pipe', 'inherit'] });
  /** Starts a watcher in between, which is then the parent: it prints what the watcher prints. */
  const parentOfWatcher = (stdin: 'pipe' | 'ignore'): string => `
    import { spawn } from 'node:child_process';
    spawn(process.execPath, ['--input-type=module', '-e', process.argv[1]], { stdio: [${JSON.stringify(stdin)}, 'inherit', 'inherit'] });
    setTimeout(() => process.exit(7), 8000);`;
  const line = async (child: ChildProcess): Promise<string> => {
    const [data] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    return data.toString('utf8').trim();
  };

  it('tells of the closed end of stdin', async () => {
    const child = run(watcher, 'pipe');
    assert.equal(await line(child), 'watching');
    child.stdin?.end();
    assert.equal(await line(child), 'gone');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0, 'and keeps the process no longer');
  });

  for (const stdin of ['pipe', 'ignore'] as const) {
    it(`tells of a parent that was killed, stdin being ${stdin === 'pipe' ? 'a pipe' : 'nothing'}`, async () => {
      const parent = run(parentOfWatcher(stdin), 'ignore', watcher);
      assert.equal(await line(parent), 'watching');
      parent.kill('SIGKILL');
      assert.equal(await line(parent), 'gone');
    });
  }

  it('lets a process end whose work is done', async () => {
    const child = run(watcher.replace(/const ending.*/, 'const ending = undefined;'), 'pipe');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
  });

  it('stays silent while the parent lives and stdin is nothing, and takes no time of the processor', async () => {
    const idle = `${watcher}
      const before = process.cpuUsage();
      setTimeout(() => { console.log((process.cpuUsage(before).user + process.cpuUsage(before).system) / 1000); process.exit(); }, 2300);`;
    const child = run(idle, 'ignore');
    assert.equal(await line(child), 'watching');
    const milliseconds = Number(await line(child));
    assert(milliseconds < 50, `${milliseconds} ms in 2.3 s`);
  });
});
