import assert from 'node:assert/strict';
import { cp, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../backend/rpc/client/connection';
import { ConflictError } from '../../backend/base/errors';
import { exists } from '../../backend/base/files';
import { readAttachment } from '../../backend/server/attach';
import { Store } from '../../backend/store/store';
import { exampleExperts, fill, writeDocuments } from '../store/support';
import { generatedCorpus } from '../support/corpus';
import { launchBackend, type Running } from '../support/processes';
import { polymath } from '../support/program';

describe('a project folder that is copied, moved or replaced while its backend runs', () => {
  let root: string;
  let folder: string;
  let editor: Running;

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
    folder = join(root, 'original', '.polymath');
    const store = await Store.open(folder);
    await fill(store);
    await writeDocuments(store.folder);
    await store.experts.add(exampleExperts());
    await store.close();
    editor = await launchBackend(folder);
  });

  afterEach(async () => {
    editor.child.stdin?.end();
    await editor.closed;
    await rm(root, { recursive: true, force: true });
  });

  const experts = async (): Promise<number> => (await editor.client.call('experts/list', {})).total;
  const renamePile = (name: string): Promise<unknown> =>
    editor.client.call('piles/rename', { clustering: 'split-example', pile: 0, name });
  /** The name of the first pile as the project at this place has it. */
  async function nameIn(home: string): Promise<string> {
    const { code, out, err } = await polymath(home, 'piles', '--json');
    assert.equal(code, 0, err);
    return (JSON.parse(out) as { piles: { name: string }[] }).piles[0].name;
  }

  it('a copy is a project of its own: what is removed or imported there leaves the original alone', async () => {
    await renamePile('before the copy');
    const copy = join(root, 'copy');
    await cp(join(root, 'original'), copy, { recursive: true });
    assert.equal((await readAttachment(join(copy, '.polymath')))?.folder, folder);
    const removed = await polymath(copy, 'experts', 'experts-example', '--remove');
    assert.equal(removed.code, 0, removed.err);
    await writeFile(join(copy, 'more.jsonl'), generatedCorpus(30));
    const imported = await polymath(copy, 'import', 'more.jsonl');
    assert.equal(imported.code, 0, imported.err);
    assert.equal(await nameIn(copy), 'before the copy');
    assert.equal(await experts(), 1);
    assert.equal((await editor.client.call('datasets/list', {})).total, 1);
    // Nor does an editor's window on the copy come to it.
    const other = await launchBackend(join(copy, '.polymath'));
    assert.equal(other.client.hello.project, join(copy, '.polymath'));
    other.child.stdin?.end();
    await other.closed;
    const mistaken = connect({ ...editor.ready, folder: join(copy, '.polymath'), client: 'test' });
    await assert.rejects(
      mistaken,
      (error) => error instanceof ConflictError && /serves the project .*original/.test(error.message),
    );
  });

  it('by a symbolic link it is the same project', async () => {
    await symlink(join(root, 'original'), join(root, 'link'));
    const removed = await polymath(join(root, 'link'), 'experts', 'experts-example', '--remove');
    assert.equal(removed.code, 0, removed.err);
    assert.equal(await experts(), 0);
  });

  it('moved, it is refused in words until its process has ended; then nothing is missing', async () => {
    await renamePile('before the move');
    const moved = join(root, 'moved');
    await rename(join(root, 'original'), moved);
    const { code, err } = await polymath(moved, 'experts', 'experts-example', '--remove');
    assert.equal(code, 1);
    assert.match(err, new RegExp(`was moved, .*process ${editor.ready.pid} had it open as .*original`));
    await assert.rejects(experts(), (error) => error instanceof ConflictError);
    assert.equal(await exists(folder), false, 'nothing is made at the old place');
    editor.child.stdin?.end();
    assert.equal(await editor.closed, 0, editor.said.err);
    assert.equal(await exists(folder), false, 'nor at its end');
    assert.equal(await nameIn(moved), 'before the move');
  });

  it('replaced by a copy of itself, it leaves that copy alone', async () => {
    const copy = join(root, 'copy');
    await cp(join(root, 'original'), copy, { recursive: true });
    await renamePile('after the copy');
    await rm(join(root, 'original'), { recursive: true });
    await rename(copy, join(root, 'original'));
    await assert.rejects(renamePile('lost'), (error) => error instanceof ConflictError);
    const renamed = await polymath(join(root, 'original'), 'piles', '--rename', 'A', '--to', 'mine');
    assert.equal(renamed.code, 0, renamed.err);
    editor.child.stdin?.end();
    assert.equal(await editor.closed, 0, editor.said.err);
    assert.equal(await nameIn(join(root, 'original')), 'mine');
  });
});
