import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { listModels } from '../../backend/model-files/catalog/list';
import { findModel, locateModel, peftName } from '../../backend/model-files/source';
import { readSafetensorsHeader, writeSafetensors } from '../../backend/model/weights/safetensors';
import { UserError } from '../../backend/base/errors';
import type { Progress } from '../../backend/base/progress';

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

  it('a name stands for the model of the package, by its former name too, a folder, or a model in the cache of the hub, without any network', async () => {
    for (const own of ['base', 'bundled']) assert.equal((await findModel(own)).name, 'polymath-base');
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
    await refused(join(tiny, 'config.json'), /is no GGUF file/, /folder/);
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

  it('a GGUF file is converted once, wherever it lies, and its parts and quantisations are found in the cache', async () => {
    const file = join(root, 'no-ending');
    await cp('test/fixtures/gguf/tiny-llama.gguf', file);
    const stages: string[] = [];
    const watch = { report: ({ stage }: Progress) => void stages.push(stage), signal: new AbortController().signal };
    const { folder } = await findModel(file, watch);
    assert.ok(stages.length > 0 && folder.startsWith(join(root, 'polymath', 'gguf')));
    stages.length = 0;
    assert.equal((await findModel(file, watch)).folder, folder);
    assert.deepEqual(stages, []);
    // The same content elsewhere is the same model; other content in the same place is another.
    await cp(file, join(root, 'copy.gguf'));
    assert.equal((await findModel(join(root, 'copy.gguf'), watch)).folder, folder);
    await cp('test/fixtures/gguf/tiny-qwen2.gguf', file);
    assert.notEqual((await findModel(file, watch).catch(() => ({ folder: '' }))).folder, folder);

    for (const part of [1, 2, 3]) {
      const name = `tiny-qwen3-0000${part}-of-00003.gguf`;
      await cp(join('test/fixtures/gguf', name), join(snapshot, name.replace('qwen3', 'Q8_0')));
    }
    await cp('test/fixtures/gguf/tiny-llama.gguf', join(snapshot, 'tiny.Q4_K_M.gguf'));
    assert.match((await locateModel('org/tiny:q8_0')).path, /tiny-Q8_0-00001-of-00003\.gguf$/);
    assert.equal((await findModel('org/tiny:Q4_K_M')).folder, folder);
    assert.equal((await findModel('org/tiny')).folder, snapshot);
    await rm(join(snapshot, 'model.safetensors'));
    assert.equal((await findModel('org/tiny')).folder, folder);
    await refused('org/tiny:Q6_K', /no GGUF file Q6_K/, /tiny\.Q4_K_M\.gguf/);
  });

  it('models that Ollama has pulled go by the names that they have there', async () => {
    process.env.OLLAMA_MODELS = join(root, 'ollama');
    const digest = 'ab'.repeat(32);
    const manifests = join(root, 'ollama', 'manifests', 'registry.ollama.ai');
    await mkdir(join(root, 'ollama', 'blobs'), { recursive: true });
    await cp('test/fixtures/gguf/tiny-llama.gguf', join(root, 'ollama', 'blobs', `sha256-${digest}`));
    for (const model of ['library/tiny', 'someone/theirs']) {
      const layers = [
        { mediaType: 'application/vnd.ollama.image.license', digest: `sha256:${'0'.repeat(64)}` },
        { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}` },
      ];
      await mkdir(join(manifests, model), { recursive: true });
      await writeFile(join(manifests, model, 'latest'), JSON.stringify({ layers }));
    }
    try {
      const { folder, name } = await findModel('ollama:tiny');
      assert.equal(name, 'ollama:tiny');
      assert.equal((await findModel('ollama:someone/theirs:latest')).folder, folder);
      await refused('ollama:tiny:8b', /Ollama has no model tiny:8b/, /ollama list/);
      await refused('ollama:../../x', /Ollama has no model/, /./);
      const listed = (await listModels()).filter(({ origin }) => origin === 'Ollama').map((model) => model.name);
      assert.deepEqual(listed, ['ollama:tiny:latest', 'ollama:someone/theirs:latest']);
    } finally {
      delete process.env.OLLAMA_MODELS;
    }
  });

  it('adapters name their base as other tools know it', async () => {
    assert.equal(await peftName('base'), 'polymath-base');
    assert.equal(await peftName('org/tiny@v1'), 'org/tiny');
    assert.equal(await peftName('smollm2'), 'HuggingFaceTB/SmolLM2-135M-Instruct');
    assert.equal(await peftName('/some/folder'), '/some/folder');
  });
});
