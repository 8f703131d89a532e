import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../backend/cli/project-folder';
import { Store } from '../../backend/store/store';
import { polymath } from '../support/program';

describe('the project of the command line', () => {
  let root: string;

  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
    await mkdir(join(root, 'home', 'deep', 'down'), { recursive: true });
    await (await Store.open(join(root, 'home', '.polymath'))).close();
    await mkdir(join(root, 'home', 'deep', '.polymath'));
  });

  after(() => rm(root, { recursive: true, force: true }));

  it('is the nearest one above, and is named where it is not that of the current folder', async () => {
    const { code, out, err } = await polymath(join(root, 'home', 'deep', 'down'), 'runs', '--json');
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out), { total: 0, items: [] });
    assert.equal(err, `The project is ${join(root, 'home', '.polymath')}.\n`);
    assert.equal((await polymath(join(root, 'home'), 'runs')).err, '');
  });

  it('belongs into the current folder where there is none above, or by another name', () => {
    assert.equal(projectFolder('.polymath', root), join(root, '.polymath'));
    const down = join(root, 'home', 'deep', 'down');
    assert.equal(projectFolder('./.polymath', down), join(down, '.polymath'));
    assert.equal(projectFolder('other', down), join(down, 'other'));
    // An empty folder is no project.
    assert.equal(projectFolder('.polymath', down), join(root, 'home', '.polymath'));
  });
});
