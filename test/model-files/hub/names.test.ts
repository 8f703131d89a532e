import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseGguf } from '../../../backend/model-files/hub/choose';
import { formatHubName, parseHubName } from '../../../backend/model-files/hub/name';
import { hubSettings } from '../../../backend/model-files/hub/settings';
import { UserError } from '../../../backend/base/errors';
import { cacheFolder } from '../../../backend/base/cache-folder';

describe('names of models on the hub', () => {
  it('are read as Hugging Face, Ollama and llama.cpp write them', () => {
    const cases: [string, unknown][] = [
      ['org/name', { id: 'org/name', revision: 'main' }],
      ['org/name@v1.0', { id: 'org/name', revision: 'v1.0' }],
      ['org/name@refs/pr/3', { id: 'org/name', revision: 'refs/pr/3' }],
      ['org/name:Q4_K_M', { id: 'org/name', revision: 'main', gguf: 'Q4_K_M' }],
      ['hf.co/org/name:q8_0', { id: 'org/name', revision: 'main', gguf: 'q8_0' }],
      ['hf://org/name', { id: 'org/name', revision: 'main' }],
      ['https://huggingface.co/org/name', { id: 'org/name', revision: 'main' }],
      ['org/name/sub/file.Q4_0.gguf', { id: 'org/name', revision: 'main', gguf: 'sub/file.Q4_0.gguf' }],
      ['org/name@abc:file.gguf', { id: 'org/name', revision: 'abc', gguf: 'file.gguf' }],
    ];
    for (const [text, expected] of cases) assert.deepEqual(parseHubName(text), expected, text);
    for (const text of ['org/name', 'org/name@v1', 'org/name@v1:Q4_0']) {
      assert.equal(formatHubName(parseHubName(text) ?? assert.fail(text)), text);
    }
  });

  it('that could lead elsewhere are none', () => {
    const hostile = [
      'name',
      '../name',
      'org/..',
      'org/a--b',
      'org/na..me',
      'org/name@../x',
      'org/name:../x.gguf',
      '/org/name',
    ];
    for (const text of [
      ...hostile,
      'org/name/../x.gguf',
      'org/name@a\\b',
      'org/',
      'a/b/c',
      'org/name@',
      'org/name:',
      'o rg/name',
      '',
    ]) {
      assert.equal(parseHubName(text), undefined, text);
    }
  });

  it('a quantisation names the file that ends in it, split or not, and doubt is told', () => {
    const files = [
      'model-Q4_K_M.gguf',
      'model-IQ4_K_M.gguf',
      'Model.q8_0.gguf',
      'BF16/model-BF16-00002-of-00002.gguf',
      'BF16/model-BF16-00001-of-00002.gguf',
      'mmproj-Q8_0.gguf',
      'imatrix.gguf',
      'README.md',
    ].map((path) => ({ path, size: 1000 }));
    const paths = (wanted?: string, among = files): string[] =>
      chooseGguf('org/name', among, wanted).map(({ path }) => path);
    assert.deepEqual(paths('Q4_K_M'), ['model-Q4_K_M.gguf']);
    assert.deepEqual(paths(), ['model-Q4_K_M.gguf']);
    assert.deepEqual(paths('q8_0'), ['Model.q8_0.gguf']);
    assert.deepEqual(paths('BF16'), ['BF16/model-BF16-00001-of-00002.gguf', 'BF16/model-BF16-00002-of-00002.gguf']);
    assert.deepEqual(paths('Model.q8_0.gguf'), ['Model.q8_0.gguf']);
    assert.deepEqual(paths(undefined, files.slice(2, 3)), ['Model.q8_0.gguf']);
    const refuses = (message: RegExp, wanted?: string, among = files): void =>
      assert.throws(
        () => paths(wanted, among),
        (error) => error instanceof UserError && message.test(`${error.message} ${error.next}`),
      );
    refuses(/no GGUF file Q5_K_M.*org\/name:FILE.*model-Q4_K_M\.gguf, 1\.0 kB/s, 'Q5_K_M');
    refuses(/no GGUF file \.\*/, '.*');
    refuses(/several GGUF files/, undefined, files.slice(1, 4));
  });
});

describe('the environment', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await mkdir(join(folder, 'home'));
    await writeFile(join(folder, 'home', 'token'), 'hf_from_file\n');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('says where the hub and its cache are, as it does to Hugging Face’s own tools', async () => {
    const home = join(folder, 'home');
    const nothing = await hubSettings({ XDG_CACHE_HOME: join(folder, 'xdg') });
    assert.deepEqual(nothing, {
      endpoint: 'https://huggingface.co',
      cache: join(folder, 'xdg', 'huggingface', 'hub'),
      offline: false,
    });
    const all = { HF_HOME: home, HF_ENDPOINT: 'https://mirror.example/', HF_HUB_OFFLINE: 'yes' };
    assert.deepEqual(await hubSettings(all), {
      endpoint: 'https://mirror.example',
      cache: join(home, 'hub'),
      token: 'hf_from_file',
      offline: true,
    });
    const { token, cache } = await hubSettings({ ...all, HF_TOKEN: ' hf_set ', HF_HUB_CACHE: '~/models' });
    assert.deepEqual([token, cache], ['hf_set', join(homedir(), 'models')]);
    await assert.rejects(hubSettings({ HF_ENDPOINT: 'mirror' }), /HF_ENDPOINT is no address/);
    await assert.rejects(hubSettings({ HF_ENDPOINT: 'file:///x' }), /HF_ENDPOINT is no address/);
    assert.equal((await hubSettings({ HF_HOME: folder })).token, undefined);
    assert.equal((await hubSettings({ HF_HOME: folder, HF_TOKEN: 'with\nbreak' })).token, undefined);
  });

  it('says where the cache of Polymath is, on every platform', () => {
    assert.equal(cacheFolder({ POLYMATH_CACHE: '/else' }, 'linux', '/home/me'), '/else');
    assert.equal(cacheFolder({}, 'linux', '/home/me'), '/home/me/.cache/polymath');
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/me'), '/x/polymath');
    assert.equal(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/me'), '/home/me/.cache/polymath');
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'darwin', '/Users/me'), '/Users/me/Library/Caches/polymath');
    assert.match(cacheFolder({ LOCALAPPDATA: 'L' }, 'win32', 'H'), /^L.polymath.cache$/);
  });
});
