import assert from 'node:assert/strict';
import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../../backend/base/files';

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Lets the n-th call that touches a file fail with this code, those of open handles included; returns how many calls there
 * were, and the way to put all back.
 */
function failAt(n: number, code: string): { calls: () => number; restore: () => void } {
  let calls = 0;
  const failing =
    (call: Call): Call =>
    async (...args) => {
      if (++calls === n) throw Object.assign(new Error(`injected ${code}`), { code });
      const result = await call(...args);
      return isHandle(result) ? guarded(result) : result;
    };
  const guarded = (handle: fs.promises.FileHandle): fs.promises.FileHandle =>
    new Proxy(handle, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const bound = (value as Call).bind(target);
        // A handle that cannot be closed would only hide the failure that is looked for.
        return name === 'close' ? bound : failing(bound);
      },
    });
  const originals = { open: fs.promises.open, rename: fs.promises.rename };
  Object.assign(fs.promises, { open: failing(originals.open as Call), rename: failing(originals.rename as Call) });
  syncBuiltinESMExports();
  return {
    calls: () => calls,
    restore: () => {
      Object.assign(fs.promises, originals);
      syncBuiltinESMExports();
    },
  };
}

function isHandle(value: unknown): value is fs.promises.FileHandle {
  return typeof value === 'object' && value !== null && 'fd' in value;
}

describe('files that are whole or absent', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    path = join(folder, 'state.json');
    await writeFile(path, 'old');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('whatever call fails, the old content stays or the new one is whole, and nothing is left beside it', async () => {
    const counting = failAt(0, '');
    await writeWhole(path, 'new');
    counting.restore();
    const calls = counting.calls();
    assert.ok(calls >= 7, `${calls} calls`);
    for (const code of ['EIO', 'ENOSPC']) {
      for (let n = 1; n <= calls; n++) {
        await writeFile(path, 'old');
        const { restore } = failAt(n, code);
        await assert.rejects(
          writeWhole(path, 'new'),
          code === 'EIO' ? /injected/ : /disk is full|injected/,
          `call ${n}`,
        );
        restore();
        // After the rename only the folder's own sync is left: the content is new then, and whole.
        const content = await readFile(path, 'utf8');
        assert.equal(content, n > calls - 2 ? 'new' : 'old', `call ${n} of ${calls}`);
        assert.deepEqual(await readdir(folder), ['state.json']);
      }
    }
  });

  it('a full disk is named with the file and the next step', async () => {
    const { restore } = failAt(2, 'ENOSPC');
    try {
      await assert.rejects(writeWhole(path, 'new'), { name: 'UserError', message: /disk is full.*state\.json/ });
    } finally {
      restore();
    }
  });
});
