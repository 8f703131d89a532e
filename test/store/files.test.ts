import assert from 'node:assert/strict';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import type { Store } from '../../backend/store/store';
import { exampleDataset, exampleExperts, Workshop, writeDocuments } from './support';

describe('files of a project that are damaged', () => {
  const workshop = new Workshop();
  before(() => workshop.begin());
  after(() => workshop.end());

  /** A project with a dataset, and experts whose adapters are any bytes. */
  async function project(): Promise<{ store: Store; weights: string }> {
    const store = await workshop.open();
    await writeDocuments(store.folder);
    const experts = exampleExperts({ clustering: undefined });
    for (const letter of ['A', 'B']) {
      const adapter = join(store.experts.folderOf(experts.id), letter);
      await mkdir(adapter, { recursive: true });
      await writeFile(join(adapter, 'adapter_config.json'), '{"r": 8}');
      await writeFile(join(adapter, 'adapter_model.safetensors'), Buffer.alloc(100_000, letter));
    }
    await store.add({ result: 'data-example', dataset: exampleDataset() });
    await store.add({ result: experts.id, experts });
    return { store, weights: join(store.experts.folderOf(experts.id), 'B', 'adapter_model.safetensors') };
  }

  const refused = (message: RegExp, next: RegExp) => (error: unknown) =>
    error instanceof UserError && message.test(error.message) && next.test(error.next);

  it('are found before they are read, also where size and time have not changed', async () => {
    const { store, weights } = await project();
    await store.files.require('experts', 'experts-example');
    assert.deepEqual(
      (await store.files.check()).map(({ ok, found }) => [ok, found]),
      [[true, '6 as they were written']],
    );
    const bytes = await readFile(weights);
    const time = new Date(0);
    await utimes(weights, time, time);
    await store.files.require('experts', 'experts-example');
    bytes.fill(7, 5000, 5000 + 8192);
    await writeFile(weights, bytes);
    await utimes(weights, time, time);
    const damaged = refused(/experts-example.B.adapter_model\.safetensors is damaged/, /import it again/);
    await assert.rejects(store.files.require('experts', 'experts-example'), damaged);
    await store.files.require('datasets', 'data-example');
    await rm(join(dirname(weights), 'adapter_config.json'));
    assert.deepEqual(
      (await store.files.check()).map(({ ok, found }) => [ok, found]),
      [
        [false, `${join(dirname(weights), 'adapter_config.json')} is missing`],
        [false, `${weights} is damaged: it is not as it was written`],
      ],
    );
  });

  it('of a dataset are refused to whoever reads documents, and make room for another import', async () => {
    const { store } = await project();
    const page = { dataset: 'data-example', offset: 0, limit: 5 };
    assert.equal((await store.documents.list(page)).items.length, 5);
    const path = join(store.datasets.folderOf('data-example'), 'documents.parquet');
    const bytes = await readFile(path);
    const changed = Buffer.from(bytes);
    changed[changed.indexOf('Text "')] ^= 1;
    await writeFile(path, changed);
    const damaged = refused(/documents\.parquet is damaged/, /doctor --repair.*polymath import corpus\.jsonl/);
    await assert.rejects(store.documents.list(page), damaged);
    const [aside] = await store.files.setAside();
    assert.deepEqual(await readFile(aside), changed);
    await assert.rejects(store.documents.list(page), refused(/documents\.parquet is missing/, /polymath import/));
    await rm(aside);
    await writeFile(path, bytes);
    await store.add({ result: 'data-example', dataset: exampleDataset() });
    assert.equal((await store.documents.list(page)).items.length, 5);
  });

  it('that came before there were hashes are taken as they are, and watched from then on', async () => {
    const { store, weights } = await project();
    await store.experts.remove('experts-example');
    for (const name of ['adapter_config.json', 'adapter_model.safetensors']) {
      for (const letter of ['A', 'B']) {
        await mkdir(join(store.experts.folderOf('experts-example'), letter), { recursive: true });
        await writeFile(join(store.experts.folderOf('experts-example'), letter, name), 'of then');
      }
    }
    await store.experts.add(exampleExperts({ clustering: undefined }));
    assert.equal(await store.files.adopt(), 4);
    assert.match(
      (await store.files.check())[0].found,
      /^6 as they were written; 4 are of an earlier version .* found on 20/,
    );
    await writeFile(weights, 'of now');
    await assert.rejects(store.files.require('experts', 'experts-example'), refused(/damaged/, /import/));
  });
});
