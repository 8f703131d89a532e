import assert from 'node:assert/strict';
import { readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import { type DocumentFilter, readDocuments } from '../../backend/store/documents';
import type { Store } from '../../backend/store/store';
import { exampleDataset, fill, firstPage, Workshop, writeDocuments } from './support';

const dataset = 'data-example';

describe('documents of a dataset', () => {
  const workshop = new Workshop();
  let store: Store;
  before(async () => {
    await workshop.begin();
    // A name with what file patterns, SQL and other alphabets could trip over.
    store = await workshop.open(workshop.folder(`it's [größer] {a,b} * 🙂`));
    await writeDocuments(store.folder);
    await fill(store);
  });
  after(() => workshop.end());

  const list = async (filter: DocumentFilter, offset = 0, limit = 3): Promise<[number, number[]]> => {
    const { total, items } = await store.documents.list({ dataset, offset, limit, ...filter });
    return [total, items.map(({ index }) => index)];
  };

  it('are listed page by page in their order', async () => {
    const { total, items } = await store.documents.list({ dataset, offset: 4, limit: 2 });
    assert.equal(total, 100);
    const row = { length: items[0].length, side: 'train', preview: items[0].preview };
    assert.deepEqual(items, [
      { ...row, index: 4, id: 'doc-4', domain: 'law' },
      {
        ...row,
        index: 5,
        id: 'doc-5',
        domain: 'größer 🙂',
        duplicateOf: 4,
        duplicate: 'near',
        preview: items[1].preview,
      },
    ]);
    assert.match(items[0].preview, /^Text "4" Größe x+$/);
    assert.deepEqual(await list({}, 98), [100, [98, 99]]);
    assert.deepEqual(await list({}, 2 ** 40), [100, []]);
  });

  it('are filtered by side, domain, duplicates and what they hold, alone and together', async () => {
    assert.deepEqual(await list({ side: 'validation' }, 1), [10, [18, 28, 38]]);
    assert.deepEqual(await list({ domain: 'größer 🙂' }, 48), [50, [97, 99]]);
    assert.deepEqual(await list({ domain: "law' OR true" }), [0, []]);
    assert.deepEqual(await list({ duplicates: 'only' }), [10, [5, 15, 25]]);
    assert.deepEqual(await list({ duplicates: 'without' }, 4), [90, [4, 6, 7]]);
    assert.deepEqual(await list({ side: 'train', domain: 'law' }, 38), [40, [94, 96]]);
    assert.deepEqual(await list({ contains: 'tEXT "7' }), [11, [7, 70, 71]]);
    assert.deepEqual(await list({ contains: 'gRÖSSE' }), [0, []]);
    assert.deepEqual(await list({ contains: 'GRÖßE', side: 'test' }), [10, [9, 19, 29]]);
    assert.deepEqual(await list({ contains: "%_'; --" }), [0, []]);
  });

  it('give the same counts when they are asked again', async () => {
    const filter: DocumentFilter = { side: 'test', duplicates: 'without' };
    assert.deepEqual(await list(filter), await list(filter));
    assert.deepEqual(await list({ side: 'train', duplicates: 'only' }), [10, [5, 15, 25]]);
  });

  it('are read whole one by one', async () => {
    const document = await store.documents.get(dataset, 17);
    assert.equal(document.text, `Text "17" Größe ${'x'.repeat(300)}`);
    assert.deepEqual([document.file, document.line, document.metadata], ['corpus.jsonl', 18, { page: 17 }]);
    await assert.rejects(store.documents.get(dataset, 100), /There is no document 100/);
    await assert.rejects(store.documents.get('data-missing', 0), /There is no dataset data-missing/);
  });

  it('stand beside what did not become documents', async () => {
    const { total, items } = await store.documents.rejections(dataset, { offset: 2, limit: 5 });
    assert.equal(total, 3);
    assert.deepEqual(items, [{ file: 'corpus.jsonl', line: 1002, reason: 'empty text' }]);
  });

  it('are read by processes without the store, a side at a time, in their order', async () => {
    const folder = await writeDocuments(store.folder, 'data-larger', 30_000);
    const documents = await readDocuments(folder, 'test');
    assert.equal(documents.length, 3000);
    assert.deepEqual(
      documents.map(({ index }) => index),
      Array.from({ length: 3000 }, (_, i) => 10 * i + 9),
    );
    assert.deepEqual(documents[0], {
      index: 9,
      id: 'doc-9',
      text: `Text "9" Größe ${'x'.repeat(300)}`,
      domain: 'größer 🙂',
    });
  });
});

describe('a dataset whose file is missing or damaged', () => {
  const workshop = new Workshop();
  let store: Store;
  let file = '';
  before(() => workshop.begin());
  beforeEach(async () => {
    store = await workshop.open();
    file = join(await writeDocuments(store.folder), 'documents.parquet');
    await fill(store);
  });
  after(() => workshop.end());

  const refused = async (what: RegExp): Promise<void> => {
    const named = (error: unknown): boolean => {
      assert(error instanceof UserError, String(error));
      assert(error.message.includes(file));
      assert.match(error.message, what);
      return error.next.includes('Import');
    };
    await assert.rejects(store.documents.list({ dataset, ...firstPage }), named);
    await assert.rejects(store.documents.get(dataset, 99), named);
    await assert.rejects(store.piles.listDocuments({ clustering: 'split-example', ...firstPage }), named);
    await assert.rejects(readDocuments(join(file, '..'), 'train'), named);
    assert.equal((await store.datasets.list(firstPage)).total, 1);
  };

  it('is named: the file is gone', async () => {
    await rm(file);
    await refused(/is missing/);
  });

  it('is named: the file is cut short, empty, or something else', async () => {
    const whole = await readFile(file);
    for (const size of [whole.length - 1, whole.length >> 1, 0]) {
      await truncate(file, size);
      await refused(/is damaged/);
    }
    await writeFile(file, 'index,id,text\n');
    await refused(/is damaged/);
  });

  it('is named: the file holds fewer documents than were imported', async () => {
    const short = join(await writeDocuments(store.folder, 'data-shorter', 50), 'documents.parquet');
    await rename(short, file);
    await assert.rejects(
      store.documents.list({ dataset, ...firstPage }),
      /is damaged: 50 of its documents are not there/,
    );
  });

  it('leads to an error or to rows, never to anything worse, wherever bytes are flipped', async () => {
    const whole = await readFile(file);
    // What DuckDB keeps of a file counts until the file's time changes, and the clock is too coarse for this test.
    let time = 1_000_000_000;
    const write = async (bytes: Buffer): Promise<void> => {
      await writeFile(file, bytes);
      await utimes(file, time, time++);
    };
    assert.equal((await store.documents.list({ dataset, ...firstPage })).items.length, 100);
    let refusals = 0;
    for (let at = 5; at < whole.length; at += Math.ceil(whole.length / 60)) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 0xff;
      await write(flipped);
      await readDocuments(join(file, '..'), 'train').catch((error: unknown) => {
        assert(error instanceof UserError, String(error));
        refusals++;
      });
    }
    assert(refusals > 0);
    await write(whole);
    assert.equal((await store.documents.list({ dataset, ...firstPage })).items.length, 100);
    assert.deepEqual(await store.datasets.get(dataset), exampleDataset());
  });
});
