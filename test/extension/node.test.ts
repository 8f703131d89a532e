import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import { findNode, type NodeProgram, type Surroundings } from '../../extension/backend/node';

describe('the Node of the backend', () => {
  let root: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-node-'));
    for (const [folder, version] of [
      ['old', '18.20.4'],
      ['new', '22.1.0'],
      ['odd', 'this is no Node'],
      ['electron', '22.18.0'],
    ]) {
      await mkdir(join(root, folder));
      await writeFile(join(root, folder, 'node'), `#!/bin/sh\necho "${version}"\n`);
      await chmod(join(root, folder, 'node'), 0o755);
    }
  });

  after(() => rm(root, { recursive: true }));

  const at = (folder: string): string => join(root, folder, 'node');

  /** With these folders on PATH. */
  function find(folders: readonly string[], more: Partial<Surroundings> = {}): Promise<NodeProgram> {
    return findNode({
      setting: '',
      searchPath: folders.map((folder) => join(root, folder)).join(delimiter),
      editor: { path: at('electron'), isElectron: true },
      platform: 'linux',
      ...more,
    });
  }

  it('is the one of the setting', async () => {
    const found = await find(['old'], { setting: at('new') });
    assert.deepEqual(found, { path: at('new'), version: '22.1.0', from: 'setting', env: {} });
  });

  it('is never another one where the setting is wrong', async () => {
    for (const [setting, message] of [
      [at('missing'), /does not run as Node\.js/],
      [at('odd'), /does not run as Node\.js/],
      [at('old'), /is Node\.js 18\.20\.4/],
      ['node', /no absolute path/],
    ] as const) {
      await assert.rejects(
        find(['new'], { setting }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });

  it('is the first on PATH that is new enough', async () => {
    assert.equal((await find(['missing', 'odd', 'old', 'new'])).path, at('new'));
    assert.equal((await find([], { searchPath: process.env.PATH ?? '' })).from, 'PATH');
  });

  it('is never found in a relative entry of PATH, which would be the open folder', async () => {
    const found = await find([], { searchPath: `.${delimiter}node_modules/.bin` });
    assert.equal(found.from, 'editor');
  });

  it('is the editor itself where there is no other, with a warning where that is Electron', async () => {
    const found = await find(['old']);
    assert.deepEqual(found.env, { ELECTRON_RUN_AS_NODE: '1' });
    assert.match(found.warning ?? '', /Too old: .*18\.20\.4.*Install Node\.js 20\.19/);
    const remote = await find([], { editor: { path: at('new'), isElectron: false } });
    assert.deepEqual(remote, { path: at('new'), version: '22.1.0', from: 'editor', env: {} });
  });

  it('is missed in words where there is none at all', async () => {
    await assert.rejects(find(['old'], { editor: { path: at('old'), isElectron: true } }), /No Node\.js was found/);
  });
});
