import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { findModel, peftName } from '../../backend/model/source';
import { readSafetensorsHeader, writeSafetensors } from '../../backend/model/weights/safetensors';
import { UserError } from '../../backend/protocol/errors';

const tiny = resolve('test/fixtures/pytorch/tiny-llama');
const commit = 'c0ffee'.padEnd(40, '0');

describe('where base models come from', () => {
  let root: string;
  let snapshot: string;
  const variables = { HF_HUB_CACHE: process.env.HF_HUB_CACHE, POLYMATH_CACHE: process.env.POLYMATH_CACHE };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    process.env.HF_HUB_CACHE = join(root, 'hub');
    process.env.POLYMATH_CACHE = join(root, 'polymath');
    snapshot = await cacheModel('org/tiny');
  });

  afterEach(async () => {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(root, { recursive: true, force: true });
  });

  /** Puts the tiny model into the hub's cache as Hugging Face's tools do: links to blobs. */
  async function cacheModel(id: string): Promise<string> {
    const folder = join(root, 'hub', `models--${id.replace('/', '--')}`);
    const snapshot = join(folder, 'snapshots', commit);
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(folder, 'blobs'));
    await mkdir(join(folder, 'refs'));
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) {
      await cp(join(tiny, name), join(folder, 'blobs', `hash-of-${name}`));
      await symlink(join('..', '..', 'blobs', `hash-of-${name}`), join(snapshot, name));
    }
    await writeFile(join(folder, 'refs', 'main'), commit);
    return snapshot;
  }

  async function refused(name: string, message: RegExp, next: RegExp): Promise<void> {
    await assert.rejects(findModel(name), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.match(error.next, next);
      return true;
    });
  }

  const losses = async (folder: string): Promise<Float32Array[]> => {
    const model = await LanguageModel.open(folder);
    const found = await score(model, [Int32Array.of(1, 5, 9, 30, 7, 2)]);
    await model.dispose();
    return found;
  };

  it('a name stands for the bundled model, a folder, or a model in the cache of the hub, without any network', async () => {
    assert.equal((await findModel('bundled')).name, 'polymath-base');
    assert.deepEqual(await findModel(tiny), { folder: tiny, name: 'tiny-llama' });
    for (const name of ['org/tiny', `org/tiny@${commit}`, 'hf.co/org/tiny']) {
      assert.equal((await findModel(name)).folder, snapshot, name);
    }
    assert.equal((await findModel('org/tiny')).name, 'org/tiny');
  });

  it('what is not here, not whole, or nothing at all is told with the command that mends it', async () => {
    await refused('org/absent', /org\/absent is not on this machine yet/, /polymath models pull org\/absent/);
    await refused('org/tiny@v2', /org\/tiny@v2 is not on this machine/, /models pull org\/tiny@v2/);
    await refused('./absent', /does not exist/, /Name a folder/);
    await refused('absent', /no model absent/, /polymath models/);
    await refused(join(tiny, 'config.json'), /is a file, and no model/, /folder/);
    await rm(join(snapshot, 'tokenizer.json'));
    await refused('org/tiny', /only partly.*tokenizer\.json/, /polymath models pull/);
  });

  it('computes the same through the links of the cache, also where the shards lie in different folders', async () => {
    const expected = await losses(tiny);
    assert.deepEqual(await losses((await findModel('org/tiny')).folder), expected);

    // The store that newer tools share between repositories: blobs are links to `blobs/<two digits>/<hash>`.
    const blobs = join(root, 'hub', 'models--org--tiny', 'blobs');
    const entries = [...(await readSafetensorsHeader(join(tiny, 'model.safetensors')))];
    const file = await readFile(join(tiny, 'model.safetensors'));
    const map: Record<string, string> = {};
    for (const [i, part] of [entries.slice(0, 5), entries.slice(5)].entries()) {
      const name = `model-0000${i + 1}-of-00002.safetensors`;
      const store = join(root, 'hub', 'blobs', `a${i}`);
      await mkdir(store, { recursive: true });
      const tensors = part.map(([tensor, { shape, offset, length }]) => {
        map[tensor] = name;
        return {
          name: tensor,
          shape,
          data: new Float32Array(new Uint8Array(file.subarray(offset, offset + length)).buffer),
        };
      });
      await writeSafetensors(join(store, `xet-${i}`), tensors);
      await symlink(join('..', '..', 'blobs', `a${i}`, `xet-${i}`), join(blobs, `shard-${i}`));
      await symlink(join('..', '..', 'blobs', `shard-${i}`), join(snapshot, name));
    }
    await rm(join(snapshot, 'model.safetensors'));
    await refused('org/tiny', /model\.safetensors is missing/, /pull/);
    await writeFile(join(snapshot, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    assert.deepEqual(await losses((await findModel('org/tiny')).folder), expected);
    await rename(join(blobs, 'shard-1'), join(blobs, 'elsewhere'));
    await refused('org/tiny', /model-00002-of-00002\.safetensors is missing/, /pull/);
  });

  it('adapters name their base as other tools know it', async () => {
    assert.equal(await peftName('bundled'), 'polymath-base');
    assert.equal(await peftName('org/tiny@v1'), 'org/tiny');
    assert.equal(await peftName('/some/folder'), '/some/folder');
  });
});
