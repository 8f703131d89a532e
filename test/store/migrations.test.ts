import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '../../backend/store/duckdb';
import { migrations } from '../../backend/store/schema';
import { Store } from '../../backend/store/store';
import { created, exampleClustering, exampleDataset, exampleRows, exampleRun, firstPage, Workshop } from './support';

describe('a schema of an earlier version', () => {
  const workshop = new Workshop();
  before(() => workshop.begin());
  after(() => workshop.end());

  const earlier = migrations.slice(0, -1).map((_, i) => migrations.slice(0, i + 1));
  const filled = async (known: readonly string[]): Promise<string> => {
    const store = await Store.open(workshop.folder(), known);
    await store.datasets.add(exampleDataset());
    const { posteriors, ...rows } = exampleRows();
    assert.ok(posteriors !== undefined);
    await store.splits.add(exampleClustering(), { ...rows, rounds: [] });
    await store.runs.save(exampleRun());
    await store.close();
    await labelAsBefore(store.folder);
    return store.folder;
  };

  for (const known of earlier) {
    it(`(${known.length}) is brought up to date with all that it held, and backed up before`, async () => {
      const folder = await filled(known);
      let store = await workshop.open(folder);
      assert.equal(store.schema, migrations.length);
      assert.deepEqual(await store.datasets.get('data-example'), exampleDataset());
      assert.deepEqual(await store.runs.get('run-example'), exampleRun());
      assert.equal((await store.labels.list('split-example', firstPage)).total, 1);
      assert.equal((await store.splits.assignments('split-example')).piles[0], 2);
      assert.deepEqual(await store.pins.of('split-example'), Int32Array.of(0));
      assert.equal((await store.links.list('data-example', firstPage)).total, 1);
      await store.splits.add(exampleClustering({ id: 'split-second' }), exampleRows());
      assert.equal((await store.splits.posteriors('split-second', { round: 1, ...firstPage })).total, 80);
      await store.close();
      await writeFile(join(folder, 'project.duckdb'), 'garbage');
      await Store.repair(folder);
      store = await Store.open(folder, known);
      assert.equal((await store.splits.list(firstPage)).total, 1);
      await store.close();
    });
  }

  it('stays as it is when a migration stops half-way', async () => {
    const known = earlier[0];
    const folder = await filled(known);
    const broken = [...known, "CREATE TABLE half (x INTEGER); INSERT INTO half VALUES (1); SELECT error('stop')"];
    await assert.rejects(Store.open(folder, broken), /stop/);
    const old = await Store.open(folder, known);
    assert.equal((await old.datasets.list(firstPage)).total, 1);
    await old.close();
    const store = await workshop.open(folder);
    assert.equal(store.schema, migrations.length);
    assert.equal((await store.datasets.list(firstPage)).total, 1);
  });
});

const exampleLink = { id: 'link-example', dataset: 'data-example', kind: 'must', a: 0, b: 1, created };

/** As earlier versions did, whose tables the store of this one does not write to before it has brought them up to date. */
async function labelAsBefore(folder: string): Promise<void> {
  const instance = await openDatabase({ path: join(folder, 'project.duckdb'), memory: 256 });
  const connection = await instance.connect();
  await connection.run(`
    INSERT INTO moves SELECT 1, position, 1, 0, 0, 2, '${created}', false FROM clusterings;
    UPDATE assignments SET pile = 2, version = 1, moved = true WHERE document = 0;
    INSERT INTO links VALUES (1, 'link-example', 'data-example', 0, 1, '${JSON.stringify(exampleLink)}');`);
  connection.closeSync();
  instance.closeSync();
}
