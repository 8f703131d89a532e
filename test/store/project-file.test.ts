import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import { migrations } from '../../backend/store/schema';
import { Store } from '../../backend/store/store';
import { exampleClustering, exampleDataset, exampleRows, exampleRun, fill, firstPage, Workshop } from './support';

const userError =
  (message: RegExp) =>
  (error: unknown): boolean => {
    assert(error instanceof UserError, String(error));
    assert.match(error.message, message);
    return error.next.length > 0;
  };

/** Starts another process that opens the project's file, and tells its pid once it has, or DuckDB's error. */
async function openElsewhere(
  folder: string,
): Promise<{ pid: number | undefined; said: string; end: () => Promise<void> }> {
  const code = `
    import { DuckDBInstance } from '@duckdb/node-api';
    process.stdin.resume();
    const opened = DuckDBInstance.create(process.argv[1]);
    await opened.then(() => console.log('open'), (error) => console.log(error.message));`;
  const path = join(folder, 'project.duckdb');
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  return { pid: child.pid, said: said.toString().trim(), end };
}

describe("a project's file", () => {
  const workshop = new Workshop();
  before(() => workshop.begin());
  after(() => workshop.end());

  it('is made with its folder, and nothing else stays', async () => {
    const store = await workshop.open();
    assert.equal(store.schema, migrations.length);
    await store.close();
    assert.deepEqual(await readdir(store.folder), ['.gitignore', 'project.duckdb', 'spill']);
    assert.deepEqual(await readdir(join(store.folder, 'spill')), []);
  });

  it('belongs to the first process that opens it; a second one is told which', async () => {
    const store = await workshop.open();
    await store.close();
    const { pid, said, end } = await openElsewhere(store.folder);
    assert.equal(said, 'open');
    await assert.rejects(Store.open(store.folder), userError(new RegExp(`is open in process ${pid}\\.`)));
    await end();
    await workshop.open(store.folder);
  });

  it('stays locked while it is backed up, and afterwards', async () => {
    const store = await workshop.open();
    await fill(store);
    await store.backup();
    const { said, end } = await openElsewhere(store.folder);
    assert.match(said, new RegExp(`lock is held .*PID ${process.pid}`));
    await end();
  });

  it('is the same through a symbolic link', async () => {
    const store = await workshop.open();
    const link = join(dirname(store.folder), 'link');
    await symlink(store.folder, link);
    await assert.rejects(Store.open(link), userError(new RegExp(`is open in process ${process.pid}\\.`)));
    await store.close();
    assert.equal((await workshop.open(link)).folder, store.folder);
  });

  it('of a newer Polymath is left untouched', async () => {
    const newer = [...migrations, 'CREATE TABLE tomorrow (x INTEGER)'];
    const folder = workshop.folder();
    await (await Store.open(folder, newer)).close();
    const file = join(folder, 'project.duckdb');
    const before = await readFile(file);
    const message = new RegExp(`newer Polymath \\(schema ${newer.length}, this one knows ${migrations.length}\\)`);
    await assert.rejects(Store.open(folder), userError(message));
    assert.deepEqual(await readFile(file), before);
  });

  it('is not made where it cannot be written, and the reason is named', async () => {
    const folder = workshop.folder();
    await mkdir(dirname(folder), { recursive: true });
    await writeFile(folder, 'a file');
    await assert.rejects(Store.open(folder), userError(/a file stands where a folder should be/));
    const deep = workshop.folder(`${'x'.repeat(300)}`);
    await assert.rejects(Store.open(deep), userError(/too long/));
    await assert.rejects(Store.open(workshop.folder('why?')), userError(/question mark/));
  });

  it('is not opened without the right to write it', async function () {
    if (process.platform === 'win32') return this.skip();
    const store = await workshop.open();
    await store.close();
    const parent = dirname(store.folder);
    const file = join(store.folder, 'project.duckdb');
    await chmod(dirname(parent), 0o755);
    await chmod(parent, 0o555);
    await chmod(file, 0o444);
    // The administrator may write everywhere.
    const administrator = process.getuid?.() === 0;
    if (administrator) process.seteuid?.(65534);
    try {
      await assert.rejects(Store.open(join(parent, 'another')), userError(/permission denied/));
      await assert.rejects(Store.open(store.folder), userError(/permission denied/));
    } finally {
      if (administrator) process.seteuid?.(0);
      await chmod(parent, 0o755);
      await chmod(file, 0o644);
    }
    await workshop.open(store.folder);
  });
});

describe("a damaged project's file", () => {
  const workshop = new Workshop();
  before(() => workshop.begin());
  after(() => workshop.end());

  /** A closed project with a backup that holds the dataset, and after that the clustering too. */
  const project = async (): Promise<{ folder: string; file: string; whole: Buffer }> => {
    const store = await Store.open(workshop.folder());
    await store.datasets.add(exampleDataset());
    await store.backup();
    await store.splits.add(exampleClustering(), exampleRows());
    await store.close();
    const file = join(store.folder, 'project.duckdb');
    return { folder: store.folder, file, whole: await readFile(file) };
  };

  const repaired = async (folder: string, damaged: Buffer): Promise<void> => {
    const result = await Store.repair(folder);
    assert.deepEqual(await readFile(result?.damaged ?? ''), damaged);
    assert.match(result?.damaged ?? '', /project\.duckdb\.corrupt-/);
    const store = await Store.open(folder);
    assert.deepEqual((await store.datasets.list(firstPage)).items, [exampleDataset()]);
    await store.close();
    assert.equal(await Store.repair(folder), undefined);
  };

  it('is named with its backup and left alone; a repair keeps it and puts the backup in force', async () => {
    const { folder, file, whole } = await project();
    const flipped = Buffer.from(whole);
    for (const header of [0, 4096, 8192]) flipped[header + 30] ^= 0xff;
    const cases = [Buffer.from('garbage '.repeat(100_000)), whole.subarray(0, 20_000), Buffer.alloc(0), flipped];
    for (const damaged of cases) {
      await writeFile(file, damaged);
      await assert.rejects(Store.open(folder), userError(/project\.duckdb is damaged .* The last backup is of 20/));
      assert.deepEqual(await readFile(file), damaged);
      await repaired(folder, damaged);
    }
  });

  it('is found out when the damaged page is read, and never becomes the backup', async () => {
    const { folder, file, whole } = await project();
    const damaged = Buffer.from(whole);
    const page = damaged.indexOf('corpus.jsonl');
    assert(page > 0);
    damaged.write('CORPUS', page);
    await writeFile(file, damaged);
    const store = await Store.open(folder);
    await assert.rejects(store.datasets.get('data-example'), userError(/is damaged .*checksum/));
    await assert.rejects(store.backup(), userError(/is damaged/));
    await store.close();
    await repaired(folder, await readFile(file));
  });

  it('without a backup cannot be repaired, and stays', async () => {
    const store = await Store.open(workshop.folder());
    await store.close();
    const file = join(store.folder, 'project.duckdb');
    await writeFile(file, 'garbage');
    await assert.rejects(Store.open(store.folder), userError(/is damaged .* There is no backup/));
    await assert.rejects(Store.repair(store.folder), userError(/has no backup/));
    assert.equal(await readFile(file, 'utf8'), 'garbage');
    await assert.rejects(Store.repair(workshop.folder()), userError(/has no backup/));
  });

  it('that is gone is not replaced by an empty one', async () => {
    const { folder, file } = await project();
    await rm(file);
    await writeFile(`${file}.wal`, 'of another time');
    await assert.rejects(Store.open(folder), userError(/is gone/));
    const repair = await Store.repair(folder);
    assert.ok(repair !== undefined && repair.damaged === undefined);
    const store = await workshop.open(folder);
    assert.equal((await store.datasets.list(firstPage)).total, 1);
  });

  it('that is no project, or open elsewhere, is not touched', async () => {
    const { folder } = await project();
    const { pid, end } = await openElsewhere(folder);
    await assert.rejects(Store.repair(folder), userError(new RegExp(`process ${pid}`)));
    await end();
    const store = await workshop.open(folder);
    await assert.rejects(Store.repair(folder), userError(new RegExp(`process ${process.pid}`)));
    assert.equal((await store.splits.list(firstPage)).total, 1);
  });

  it('has a backup that knows whether it is still up to date', async () => {
    const { folder } = await project();
    let store = await Store.open(folder);
    assert.equal(store.changed, true);
    await store.backup();
    assert.equal(store.changed, false);
    await store.close();
    store = await workshop.open(folder);
    assert.equal(store.changed, false);
    await store.runs.save(exampleRun());
    assert.equal(store.changed, true);
  });
});
