import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFacts } from '../../backend/protocol/catalog';
import { listModels } from '../../backend/model-files/catalog/list';
import { incompletePath } from '../../backend/model-files/hub/download';
import type { Check } from '../../backend/protocol/messages';
import { generatedCorpus } from '../support/corpus';
import { writeEncoder } from '../support/encoder';
import { HubServer, sha256 } from '../support/hub-server';
import { type Finished, polymath, start } from '../support/program';

const commit = 'd'.repeat(40);
const bundled = resolve('models/polymath-base');

describe('polymath models', () => {
  let root: string;
  let server: HubServer;
  let weights: Buffer;
  let blob: string;
  const names = ['HF_ENDPOINT', 'HF_HOME', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'POLYMATH_CACHE', 'OLLAMA_MODELS'];
  const before = names.map((name) => [name, process.env[name]] as const);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    server = await HubServer.start();
    const files: Record<string, Buffer> = { 'README.md': Buffer.from('---\nlicense: mit\n---\n') };
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
      files[name] = await readFile(join(bundled, name));
    }
    weights = files['model.safetensors'];
    server.repositories.set('org/base', { files, commit });
    const gguf = await readFile('test/fixtures/gguf/tiny-llama.gguf');
    server.repositories.set('org/base-GGUF', { files: { 'tiny.Q4_K_M.gguf': gguf, 'tiny.Q8_0.gguf': gguf }, commit });
    const environment: Record<string, string> = {
      HF_ENDPOINT: server.endpoint,
      HF_HOME: join(root, 'hf'),
      POLYMATH_CACHE: join(root, 'cache'),
      OLLAMA_MODELS: join(root, 'ollama'),
    };
    for (const name of names) delete process.env[name];
    Object.assign(process.env, environment);
    blob = join(root, 'hf', 'hub', 'models--org--base', 'blobs', sha256(weights));
  });

  afterEach(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  const models = (...args: string[]): Promise<Finished> => polymath(root, 'models', ...args);

  async function json<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await models(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as T;
  }

  async function refused(message: RegExp, ...args: string[]): Promise<void> {
    const { code, err } = await models(...args);
    assert.equal(code, 1, err);
    assert.match(err, message);
    assert.doesNotMatch(err, /defect/);
  }

  const listed = async (): Promise<string[]> => (await listModels()).map(({ name }) => name);

  it('brings a sentence encoder here, and says what it is for', async () => {
    await writeEncoder(join(root, 'encoder'));
    const files: Record<string, Buffer> = {};
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx']) {
      files[name] = await readFile(join(root, 'encoder', name));
    }
    server.repositories.set('org/encoder', { files, commit, task: 'sentence-similarity' });
    const pulled = await models('pull', 'org/encoder');
    assert.equal(pulled.code, 0, pulled.err);
    assert.match(pulled.out, /ready: --encoder org\/encoder/);
    assert.match((await models('list')).out, /org\/encoder .*sentence encoder/);
    await refused(/sentence encoder and no base model/, 'inspect', 'org/encoder');
    await writeFile(join(root, 'corpus.jsonl'), generatedCorpus(60));
    const words = ['--k', '3', '--embedding', 'sentence', '--encoder', 'org/encoder', '--json'];
    const split = await polymath(root, 'split', 'kmeans', 'corpus.jsonl', ...words);
    assert.equal(split.code, 0, split.err);
    assert.ok((JSON.parse(split.out) as { nmi: number }).nmi > 0.9, split.out);
  });

  it('pulls, lists, inspects, verifies, answers offline, and removes', async () => {
    const pulled = await models('pull', 'org/base');
    assert.equal(pulled.code, 0, pulled.err);
    assert.match(pulled.err, /org\/base of http.*: 1\d\.\d MB in 5 files\./);
    assert.match(pulled.out, /org\/base is ready: --model org\/base/);
    assert.equal((await json<unknown[]>('list')).length, 2);
    const text = await models();
    assert.match(text.out, /base +1\d\.\d MB +Polymath/);
    assert.match(text.out, /org\/base +1\d\.\d MB +hub/);

    const facts = await json<ModelFacts>('inspect', 'org/base');
    const { family, parameters, layers, context, vocabulary, license, chatTemplate } = facts;
    assert.deepEqual(
      { family, parameters, layers, context, vocabulary, license, chatTemplate },
      {
        family: 'qwen3',
        parameters: 5_377_088,
        layers: 5,
        context: 512,
        vocabulary: 8192,
        license: 'mit',
        chatTemplate: false,
      },
    );
    assert.deepEqual(facts.types, { F16: 5_377_088 });
    assert.ok(facts.memory.train > facts.memory.decode && facts.memory.decode > 6e6);
    const words = await models('inspect', 'org/base');
    assert.match(words.out, /Parameters +5,377,088 \(5\.4 M in F16\)\n.*Layers +5, 256 wide/s);

    const checks = await json<Check[]>('verify', 'org/base');
    assert.equal(checks.filter(({ found }) => found.startsWith('SHA-256')).length, 1);
    assert.equal(checks.filter(({ found }) => found.startsWith('Git hash')).length, 4);
    assert.ok(checks.every(({ ok }) => ok));

    await server.close();
    const answer = await polymath(root, 'ask', 'Once', '--model', 'org/base', '--max-tokens', '4', '--json');
    assert.equal(answer.code, 0, answer.err);
    assert.match(
      (await models('pull', 'org/base')).err,
      /is on this machine\. Whether there is a newer one could not be asked/,
    );
    await refused(/cannot be reached[^]*HTTPS_PROXY/, 'pull', 'org/other');

    await refused(/Remove org\/base, 1\d\.\d MB, from .*models--org--base\?\n.*--yes/, 'remove', 'org/base');
    assert.ok((await listed()).includes('org/base'));
    const removed = await models('remove', 'org/base', '--yes');
    assert.match(removed.out, /org\/base is removed: 1\d\.\d MB are free again/);
    assert.deepEqual(await listed(), ['base']);
    assert.deepEqual(await readdir(join(root, 'hf', 'hub')), ['.locks']);
    const absent = await polymath(root, 'ask', 'Once', '--model', 'org/base');
    assert.equal(absent.code, 1);
    assert.match(absent.err, /not on this machine yet[^]*polymath models pull org\/base/);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`${signal} in the middle of a download loses nothing of what came`, async () => {
      server.slowness = 20;
      const child = start(root, 'models', 'pull', 'org/base');
      let err = '';
      child.stderr?.on('data', (data: Buffer) => (err += data.toString('utf8')));
      const here = async (): Promise<number> =>
        stat(incompletePath(blob)).then(
          ({ size }) => size,
          () => 0,
        );
      while ((await here()) < 1_000_000) await wait(20);
      child.kill(signal);
      const [code] = (await once(child, 'close')) as [number | null];
      assert.equal(code, signal === 'SIGINT' ? 130 : null, err);
      const kept = await here();
      assert.ok(kept >= 1_000_000 && kept < weights.byteLength);
      const [, partial] = await listModels();
      assert.deepEqual([partial.name, partial.problem], ['org/base', 'model.safetensors is missing']);
      server.slowness = 0;
      server.seen.length = 0;
      const again = await models('pull', 'org/base');
      assert.equal(again.code, 0, again.err);
      assert.match(again.err, /, \d\.\d MB of it to download/);
      assert.equal(server.seen.find(({ storage }) => storage)?.range, `bytes=${kept}-`);
      assert.deepEqual(await readFile(blob), weights);
    });
  }

  it('a GGUF of the hub is converted, and goes with its copy', async () => {
    await refused(/no GGUF file Q2_K[^]*tiny\.Q8_0\.gguf/, 'pull', 'org/base-GGUF:Q2_K');
    assert.equal((await models('pull', 'org/base-GGUF')).code, 0);
    assert.equal((await models('pull', 'hf.co/org/base-GGUF:Q8_0')).code, 0);
    assert.deepEqual(await listed(), ['base', 'org/base-GGUF:tiny.Q4_K_M.gguf', 'org/base-GGUF:tiny.Q8_0.gguf']);
    const { gguf, layers } = await json<ModelFacts>('inspect', 'org/base-GGUF');
    assert.match(gguf ?? '', /tiny\.Q4_K_M\.gguf$/);
    assert.equal(layers, 2);
    assert.ok((await json<Check[]>('verify', 'org/base-GGUF:Q8_0')).every(({ ok }) => ok));
    assert.equal((await models('remove', 'org/base-GGUF', '--yes')).code, 0);
    assert.deepEqual(await listed(), ['base']);
    assert.deepEqual(await readdir(join(root, 'cache', 'gguf')), ['notes']);
  });

  it('verify finds a flipped bit, a cut file, and weights that are no numbers', async () => {
    assert.equal((await models('pull', 'org/base')).code, 0);
    const file = await open(blob, 'r+');
    await file.write(Buffer.from([weights[2_000_000] ^ 4]), 0, 1, 2_000_000);
    await file.close();
    const flipped = await models('verify', 'org/base');
    assert.equal(flipped.code, 1);
    assert.match(
      flipped.out,
      /✗ model\.safetensors +SHA-256 .* was stated, and it is [^]*→ .*models remove org\/base, then polymath models pull/,
    );

    const own = join(root, 'own');
    await cp(bundled, own, { recursive: true });
    const sound = await json<Check[]>('verify', own);
    assert.match(sound[0].found, /nothing states any/);
    const broken = Buffer.from(weights);
    broken.writeUInt16LE(0x7e00, broken.byteLength - 2);
    await writeFile(join(own, 'model.safetensors'), broken);
    const notNumbers = await models('verify', own);
    assert.equal(notNumbers.code, 1);
    assert.match(notNumbers.out, /✓ Model[^]*✗ Weights.*NaN/);
    await writeFile(join(own, 'model.safetensors'), broken.subarray(0, 1_000_000));
    assert.match((await models('verify', own)).out, /✗ Model .*not a whole safetensors file/);

    await rm(blob);
    await refused(/only partly on this machine/, 'verify', 'org/base');
    assert.equal((await models('remove', 'org/base', '--yes')).code, 0);
    assert.deepEqual(await listed(), ['base']);
  });

  it('never removes what is the user’s, and of two revisions only what the other does not need', async () => {
    const own = join(root, 'own');
    await cp(bundled, own, { recursive: true });
    await refused(/The folder .*own is yours/, 'remove', own, '--yes');
    await refused(/part of Polymath/, 'remove', 'base', '--yes');
    const gguf = join(root, 'mine.gguf');
    await cp('test/fixtures/gguf/tiny-llama.gguf', gguf);
    await refused(/is yours, and no copy was made/, 'remove', gguf, '--yes');
    assert.equal((await models('inspect', gguf)).code, 0);
    assert.ok((await listed()).includes(gguf));
    assert.equal((await models('remove', gguf, '--yes')).code, 0);
    assert.ok((await stat(gguf)).isFile());

    assert.equal((await models('pull', 'org/base')).code, 0);
    const repository = server.repositories.get('org/base') ?? assert.fail();
    const files = { ...repository.files, 'README.md': Buffer.from('# Another card') };
    server.repositories.set('org/base', { files, commit: 'e'.repeat(40), revisions: ['main', 'v2'] });
    assert.equal((await models('pull', 'org/base@v2')).code, 0);
    assert.deepEqual(await listed(), ['base', 'org/base', 'org/base@v2']);
    const removed = await json<{ bytes: number }>('remove', 'org/base@v2', '--yes');
    assert.equal(removed.bytes, Buffer.byteLength('# Another card') + 40);
    assert.ok((await json<Check[]>('verify', 'org/base')).every(({ ok }) => ok));
  });

  it('mistakes are told with the next step', async () => {
    await refused(/There is no model nonsense[^]*polymath models/, 'inspect', 'nonsense');
    await refused(/not on this machine yet[^]*polymath models pull org\/absent/, 'inspect', 'org/absent');
    await refused(/no model org\/absent at/, 'pull', 'org/absent');
    await refused(/nothing of org\/absent on this machine/, 'remove', 'org/absent', '--yes');
    await writeFile(join(root, 'file'), '');
    process.env.HF_HOME = join(root, 'file');
    await refused(/The cache cannot be written[^]*HF_HOME/, 'pull', 'org/base');
    assert.equal((await models('pull')).code, 2);
    assert.equal((await models('frobnicate')).code, 2);
  });
});
