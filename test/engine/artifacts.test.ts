import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { float32s } from '../../backend/base/bundle';
import { getFolder, getManifest, putFolder } from '../../backend/engine/artifacts/folders';
import { LocalStore } from '../../backend/engine/artifacts/local-store';
import { getValue, putValue, readAll } from '../../backend/engine/artifacts/values';
import { hashModel } from '../../backend/model/weights/fingerprint';

describe('artifacts', () => {
  let folder: string;
  let store: LocalStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    store = new LocalStore(join(folder, 'artifacts'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are named by their bytes, however these are cut into pieces', async () => {
    const bytes = Buffer.from('the captain and the crew');
    const name = createHash('sha256').update(bytes).digest('hex');
    assert.equal(await store.has(name), false);
    assert.equal(await store.put([bytes]), name);
    assert.equal(await store.put([bytes.subarray(0, 5), bytes.subarray(5)]), name);
    assert.equal(await store.has(name), true);
    assert.deepEqual(await readAll(store, name), bytes);
  });

  it('are there whole or not at all: what breaks off leaves nothing behind', async () => {
    function* broken(): Generator<Uint8Array> {
      yield Buffer.from('the captain');
      throw new Error('the line is cut');
    }
    await assert.rejects(store.put(broken()), /the line is cut/);
    assert.deepEqual(await readdir(store.folder), []);
  });

  it('that are damaged are told from whole ones, and mended when they are put again', async () => {
    const value = { weights: Float32Array.of(1.5, -0, Number.NaN), words: ['crew'] };
    const name = await putValue(store, value);
    const whole = await readFile(store.path(name));
    await writeFile(store.path(name), whole.subarray(0, 40));
    await assert.rejects(readAll(store, name), { name: 'DamagedArtifactError' });
    assert.equal(await putValue(store, value), name);
    const schema = z.strictObject({ weights: float32s, words: z.array(z.string()) });
    assert.deepEqual(await getValue(store, name, schema), value);
    await assert.rejects(getValue(store, name, z.strictObject({ weights: z.string() })), { name: 'ZodError' });
  });

  it('hold a whole model: its folder comes back file by file', async () => {
    const model = 'models/polymath-base';
    const name = await putFolder(store, model);
    assert.equal(await putFolder(store, model), name);
    const { files } = await getManifest(store, name);
    for (const { sha256 } of files) assert.ok(await store.has(sha256));
    const copy = join(folder, 'copy');
    await getFolder(store, name, copy);
    const listed = (root: string): Promise<string[]> => readdir(root, { recursive: true }).then((all) => all.sort());
    assert.deepEqual(await listed(copy), await listed(model));
    assert.equal(await hashModel(copy), await hashModel(model));
    const [{ sha256 }] = files;
    await writeFile(store.path(sha256), 'nothing');
    await assert.rejects(getFolder(store, name, join(folder, 'second')), { name: 'DamagedArtifactError' });
    assert.deepEqual((await readdir(folder)).sort(), ['artifacts', 'copy']);
  });

  it('of a manifest that leads out of its folder are not written', async () => {
    const sha256 = await store.put([Buffer.from('x')]);
    for (const path of ['../escape', '/etc/escape', 'a/../../escape', 'C:\\escape', '']) {
      const name = await store.put([Buffer.from(JSON.stringify({ files: [{ path, sha256 }] }))]);
      await assert.rejects(getFolder(store, name, join(folder, 'copy')), { name: 'ZodError' }, path);
    }
  });
});
