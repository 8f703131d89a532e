import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashModel } from '../../backend/model/weights/fingerprint';
import { UserError } from '../../backend/base/errors';
import { fixtureFolder } from '../support/fixtures';

const shard = 'model-00002-of-00003.safetensors';

describe('fingerprints of models', () => {
  let root: string;
  let model: string;
  let cache: string;

  /** As a model that has lain there for a minute. */
  const hash = (): Promise<string> => hashModel(model, { cache, large: 1, now: Date.now() + 60_000 });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-fingerprint-'));
    [model, cache] = [join(root, 'model'), join(root, 'cache')];
    await cp(join(fixtureFolder, 'families/mistral'), model, { recursive: true });
  });

  afterEach(() => rm(root, { recursive: true }));

  it('change with every file that decides what a model computes or says, and with no other', async () => {
    const seen = new Set([await hash()]);
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
      await appendFile(join(model, name), '\n');
      seen.add(await hash());
    }
    assert.equal(seen.size, 5);
    await writeFile(join(model, 'README.md'), 'A model.');
    assert.ok(seen.has(await hash()));
  });

  it('of large files are kept, until a byte changes: also where size and time of change are put back', async () => {
    const before = await hash();
    const records = await readdir(cache);
    assert.equal(records.length, 3);
    // What is kept is used: a wrong record gives a wrong hash.
    const record = join(cache, records[0]);
    const kept = await readFile(record, 'utf8');
    await writeFile(record, kept.replace(/[0-9a-f]{64}/, '0'.repeat(64)));
    assert.notEqual(await hash(), before);
    await writeFile(record, 'damaged');
    assert.equal(await hash(), before);

    const path = join(model, shard);
    const { atime, mtime } = await stat(path);
    const bytes = await readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(path, bytes);
    await utimes(path, atime, mtime);
    assert.notEqual(await hash(), before);
  });

  it('of files that have just been written, and of small ones, are not kept', async () => {
    await hashModel(model, { cache, large: 1 });
    await hashModel(model, { cache, now: Date.now() + 60_000 });
    await assert.rejects(readdir(cache), { code: 'ENOENT' });
  });

  it('are not given to weights that are no numbers', async () => {
    const path = join(model, shard);
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length - 4);
    await writeFile(path, bytes);
    for (let i = 0; i < 2; i++) {
      await assert.rejects(hash(), (error) => error instanceof UserError && error.message.includes('no numbers'));
    }
  });
});
