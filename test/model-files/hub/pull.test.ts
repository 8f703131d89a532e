import assert from 'node:assert/strict';
import { link, lstat, mkdir, mkdtemp, readFile, readdir, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Http } from '../../../backend/model-files/hub/http';
import { parseHubName } from '../../../backend/model-files/hub/name';
import { planPull, pullRepository } from '../../../backend/model-files/hub/pull';
import { incompletePath } from '../../../backend/model-files/hub/download';
import { RepositoryCache } from '../../../backend/model-files/hub/repository-cache';
import { requireSpaceInCache } from '../../../backend/base/disk-space';
import type { HubSettings } from '../../../backend/model-files/hub/settings';
import { UserError } from '../../../backend/base/errors';
import type { Progress } from '../../../backend/base/progress';
import { gitHash, HubServer, type Repository, sha256 } from '../../support/hub-server';
import { SocksServer } from '../../support/socks-server';

const id = 'org/tiny-model';
const commit = 'a'.repeat(40);
const weights = Buffer.alloc(3_000_000, 'weights of the model, ');

async function tinyFiles(): Promise<Record<string, Buffer>> {
  const folder = 'test/fixtures/pytorch/tiny-llama';
  return {
    'README.md': Buffer.from('---\nlicense: apache-2.0\n---\n# Tiny\n'),
    'config.json': await readFile(join(folder, 'config.json')),
    'model.safetensors': weights,
    'onnx/model.onnx': Buffer.from('onnx'),
    'pytorch_model.bin': Buffer.alloc(100),
    'tokenizer.json': await readFile(join(folder, 'tokenizer.json')),
    'training_args.bin': Buffer.alloc(10),
  };
}

describe('pulling a model from a hub', () => {
  let root: string;
  let server: HubServer;
  let http: Http;
  let settings: HubSettings;
  let cache: RepositoryCache;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    server = await HubServer.start();
    server.repositories.set(id, { files: await tinyFiles(), commit });
    http = new Http({ patience: 400, delays: [1, 1, 1] });
    settings = { endpoint: server.endpoint, cache: join(root, 'hub'), offline: false };
    cache = new RepositoryCache(settings.cache, id);
  });

  afterEach(async () => {
    await server.close();
    await http.close();
    await rm(root, { recursive: true, force: true });
  });

  const never = new AbortController().signal;

  interface PullOptions {
    readonly signal?: AbortSignal;
    readonly report?: (progress: Progress) => void;
    readonly more?: Partial<HubSettings>;
  }

  async function pullModel(
    name = id,
    { signal = never, report = () => undefined, more = {} }: PullOptions = {},
  ): Promise<string> {
    const hubName = parseHubName(name) ?? assert.fail(name);
    const plan = await planPull(http, { ...settings, ...more }, hubName, signal);
    return pullRepository(http, { ...settings, ...more }, plan, { signal, report });
  }

  async function refused(message: RegExp, next: RegExp, name = id, more: Partial<HubSettings> = {}): Promise<void> {
    await assert.rejects(pullModel(name, { more }), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.match(error.next, next);
      return true;
    });
  }

  const transfers = (file: string): (string | undefined)[] =>
    server.seen.filter(({ path, storage }) => storage && path.endsWith(file)).map(({ range }) => range ?? 'all');

  it('takes of a sentence encoder its ONNX file, and refuses one without', async () => {
    const own = { '1_Pooling/config.json': Buffer.from('{}'), 'config.json': Buffer.from('{"model_type":"bert"}') };
    const files: Record<string, Buffer> = { ...(await tinyFiles()), ...own };
    server.repositories.set(id, { files, commit, task: 'sentence-similarity' });
    await pullModel();
    const wanted = ['1_Pooling', 'README.md', 'config.json', 'onnx', 'tokenizer.json'];
    assert.deepEqual((await readdir(cache.snapshot(commit))).sort(), wanted);
    assert.deepEqual(await readdir(join(cache.snapshot(commit), 'onnx')), ['model.onnx']);
    const { 'onnx/model.onnx': removed, ...without } = files;
    assert.ok(removed);
    server.repositories.set(id, { files: without, commit: 'b'.repeat(40), task: 'feature-extraction' });
    await assert.rejects(pullModel(), /without an ONNX file/);
  });

  it('lays out only the files that are needed as the hub’s own tools do', async () => {
    const folder = await pullModel();
    assert.deepEqual(await readdir(folder), ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json']);
    assert.equal(await readlink(join(folder, 'model.safetensors')), `../../blobs/${sha256(weights)}`);
    const config = (await tinyFiles())['config.json'];
    assert.equal(await readlink(join(folder, 'config.json')), `../../blobs/${gitHash(config)}`);
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
    assert.equal(await readFile(join(cache.folder, 'refs', 'main'), 'utf8'), commit);
    assert.equal(folder, join(settings.cache, 'models--org--tiny-model', 'snapshots', commit));
  });

  it('tells the size before anything is downloaded, and progress up to it', async () => {
    const plan = await planPull(http, settings, parseHubName(id) ?? assert.fail(), never);
    const files = await tinyFiles();
    const needed = ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json'];
    assert.equal(
      plan.bytes,
      needed.reduce((sum, name) => sum + files[name].byteLength, 0),
    );
    assert.equal(plan.here, 0);
    assert.equal(server.seen.length, 1);
    const seen: Progress[] = [];
    await pullRepository(http, settings, plan, { signal: never, report: (progress) => seen.push(progress) });
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i].done >= seen[i - 1].done);
    assert.deepEqual([seen[seen.length - 1].done, seen[0].total], [plan.bytes / 1e6, plan.bytes / 1e6]);
  });

  it('does nothing where everything is here, and fetches only what a new commit changed', async () => {
    await pullModel();
    server.seen.length = 0;
    await pullModel();
    assert.equal(server.seen.length, 1);
    const next = 'b'.repeat(40);
    const files = { ...(await tinyFiles()), 'README.md': Buffer.from('# New') };
    server.repositories.set(id, { files, commit: next });
    const folder = await pullModel();
    assert.ok(folder.endsWith(next));
    assert.deepEqual(
      server.seen.map(({ path }) => path).filter((path) => path.includes('resolve')),
      [`/${id}/resolve/${next}/README.md`],
    );
  });

  it('goes on where it was stopped, and not from the beginning', async () => {
    server.slowness = 5;
    const controller = new AbortController();
    const report = ({ done }: Progress): void => {
      if (done > 1) controller.abort(new Error('enough'));
    };
    await assert.rejects(pullModel(id, { signal: controller.signal, report }), /enough/);
    const partial = await readFile(incompletePath(cache.blob(sha256(weights))));
    assert.ok(partial.byteLength > 900_000 && partial.byteLength < weights.byteLength);
    assert.equal(await cache.commitOf('main'), commit);
    const plan = await planPull(http, settings, parseHubName(id) ?? assert.fail(), never);
    assert.ok(plan.here > 900_000);
    server.slowness = 0;
    const folder = await pullModel();
    assert.deepEqual(transfers('model.safetensors'), ['all', `bytes=${partial.byteLength}-`]);
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
  });

  it('a model that is here stays the one that is meant while a newer one is not whole', async () => {
    await pullModel();
    const next = 'b'.repeat(40);
    server.repositories.set(id, {
      files: { ...(await tinyFiles()), 'model.safetensors': Buffer.alloc(5000) },
      commit: next,
    });
    server.faults.set(
      'model.safetensors',
      Array.from({ length: 4 }, () => ({ kind: 'status', status: 500 }) as const),
    );
    await refused(/problem of its own/, /goes on/);
    assert.equal(await cache.commitOf('main'), commit);
    await pullModel();
    assert.equal(await cache.commitOf('main'), next);
  });

  it('survives connections that are cut, stall or fail, each time going on from what came', async () => {
    const faults = [
      { kind: 'cut', after: 1_000_000 },
      { kind: 'stall', after: 1_500_000 },
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
      { kind: 'cut', after: 2_000_000 },
      { kind: 'whole' },
    ] as const;
    server.faults.set('model.safetensors', [...faults]);
    server.faults.set('listing', [{ kind: 'status', status: 502 }]);
    const folder = await pullModel();
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
    const [first, ...later] = transfers('model.safetensors').map((range) => Number(/\d+/.exec(range ?? '')?.[0] ?? 0));
    assert.equal(first, 0);
    assert.ok(later.every((from) => from > 0) && later.length >= faults.length - 1);
  });

  it('gives up on a server that stays broken, and says how to go on', async () => {
    server.faults.set(
      'model.safetensors',
      Array.from({ length: 10 }, () => ({ kind: 'status', status: 500 }) as const),
    );
    await refused(/has a problem of its own \(500\)/, /goes on where it stopped/);
    assert.equal(transfers('model.safetensors').length, 4);
  });

  it('refuses content with another hash, and leaves nothing of it', async () => {
    server.faults.set('model.safetensors', [{ kind: 'garbled' }]);
    await refused(/model\.safetensors arrived with other content/, /proxy or a mirror/);
    assert.deepEqual(
      (await readdir(join(cache.folder, 'blobs'))).filter((name) => name.startsWith(sha256(weights))),
      [],
    );
    server.faults.set('config.json', [{ kind: 'garbled' }]);
    await rm(cache.folder, { recursive: true });
    await refused(/config\.json arrived with other content/, /HF_ENDPOINT/);
    server.faults.set('model.safetensors', [{ kind: 'longer' }]);
    await refused(/longer than the 3000000 bytes/, /again later/);
  });

  it('begins anew where the bytes of an earlier time are the wrong ones', async () => {
    const blob = cache.blob(sha256(weights));
    await mkdir(join(cache.folder, 'blobs'), { recursive: true });
    await writeFile(incompletePath(blob), Buffer.alloc(2_000_000, 'something else'));
    const folder = await pullModel();
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
    assert.deepEqual(transfers('model.safetensors'), ['bytes=2000000-', 'all']);
  });

  it('two pulls of one model at a time leave one whole model, downloaded once', async () => {
    server.slowness = 2;
    const folders = await Promise.all([pullModel(), pullModel()]);
    assert.equal(folders[0], folders[1]);
    assert.deepEqual(await readFile(join(folders[0], 'model.safetensors')), weights);
    assert.deepEqual(transfers('model.safetensors'), ['all']);
    assert.deepEqual(
      (await readdir(join(cache.folder, 'blobs'))).filter((name) => name.includes('incomplete')),
      [],
    );
  });

  it('a lock whose owner is dead is no obstacle', async () => {
    const locks = join(settings.cache, '.locks', 'models--org--tiny-model');
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, 'polymath.lock'), `4194303 ${hostname()}`);
    await pullModel();
    assert.deepEqual(await readdir(locks), []);
  });

  it('sends the token to the hub, and never to where the hub sends it on', async () => {
    const token = 'hf_secret';
    const repository: Repository = { files: await tinyFiles(), commit, token };
    server.repositories.set(id, repository);
    await refused(/no model org\/tiny-model at .*, or it is private/, /HF_TOKEN/);
    await refused(/this token may read/, /what the token/, id, { token: 'hf_other' });
    server.seen.length = 0;
    await pullModel(id, { more: { token } });
    assert.deepEqual(
      [...new Set(server.seen.filter(({ storage }) => storage).map(({ authorization }) => authorization))],
      [undefined],
    );
    assert.ok(
      server.seen.filter(({ storage }) => !storage).every(({ authorization }) => authorization === `Bearer ${token}`),
    );
  });

  it('goes through the proxy that the environment names, and tells when that refuses', async () => {
    const asked: string[] = [];
    let refuses = false;
    const proxy = createServer().on('connect', ({ url = '' }, socket: Socket) => {
      asked.push(url);
      if (refuses) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      const [host, port] = url.split(':');
      const server = connect(Number(port), host, () => socket.write('HTTP/1.1 200 Connection Established\r\n\r\n'));
      server.on('error', () => socket.destroy());
      socket.on('error', () => server.destroy());
      server.pipe(socket).pipe(server);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { HTTP_PROXY, NO_PROXY, http_proxy, no_proxy } = process.env;
    const restart = async (): Promise<void> => {
      await http.close();
      http = new Http({ patience: 400, delays: [1] });
    };
    for (const name of ['http_proxy', 'NO_PROXY', 'no_proxy']) delete process.env[name];
    process.env.HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      await restart();
      const folder = await pullModel();
      assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
      assert.ok(asked.includes(new URL(server.endpoint).host));
      refuses = true;
      await restart();
      await refused(/The proxy does not let 127\.0\.0\.1:\d+ through \(it answered 407\)/, /NO_PROXY/);
    } finally {
      for (const [name, value] of Object.entries({ HTTP_PROXY, NO_PROXY, http_proxy, no_proxy })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('goes through a proxy of SOCKS, which resolves names, and says nothing of experiments', async () => {
    const proxy = await SocksServer.start('name:secret');
    const before = { ...process.env };
    const warnings: string[] = [];
    const listen = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listen);
    for (const name of Object.keys(before)) if (/_proxy$/i.test(name)) delete process.env[name];
    const named = new URL(server.endpoint);
    named.hostname = 'hub.test';
    try {
      for (const scheme of ['socks5', 'socks5h', 'SOCKS5H']) {
        process.env.ALL_PROXY = `${scheme}://name:secret@${proxy.host}`;
        await http.close();
        http = new Http({ patience: 400, delays: [1] });
        settings = { ...settings, endpoint: named.origin, cache: join(root, scheme) };
        const folder = await pullModel();
        assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
        assert.ok(proxy.asked.splice(0).includes(named.host), scheme);
      }
      process.env.ALL_PROXY = `socks5://name:wrong@${proxy.host}`;
      await http.close();
      http = new Http({ patience: 400, delays: [1] });
      settings = { ...settings, cache: join(root, 'wrong') };
      await refused(/^The SOCKS proxy does not let hub\.test:\d+ through \(Authentication failed\)/, /ALL_PROXY/);
      assert.deepEqual(warnings, []);
    } finally {
      process.off('warning', listen);
      for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];
      Object.assign(process.env, before);
      await proxy.close();
    }
  });

  it('stopped while it waits, it tells why it was stopped', async () => {
    const locks = join(settings.cache, '.locks', 'models--org--tiny-model');
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, 'polymath.lock'), `${process.pid} ${hostname()}`);
    const stages: string[] = [];
    const controller = new AbortController();
    const report = ({ stage }: Progress): void => {
      stages.push(stage);
      controller.abort(new Error('enough'));
    };
    await assert.rejects(pullModel(id, { signal: controller.signal, report }), /^Error: enough$/);
    assert.deepEqual(stages, ['Waiting for another pull of this model']);
  });

  it('a disk without room is told before anything is downloaded', async () => {
    await assert.rejects(requireSpaceInCache(join(settings.cache, 'not', 'there'), 1e18), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /free, and 1000000 TB are to be written/);
      return /HF_HOME/.test(error.next);
    });
  });

  it('where links are not allowed and files are the same ones under two names, their hashes are known too', async () => {
    const folder = await pullModel();
    for (const name of await readdir(folder)) {
      const target = await realpath(join(folder, name));
      await rm(join(folder, name));
      await link(target, join(folder, name));
    }
    assert.equal(await cache.hashOf(commit, 'model.safetensors'), sha256(weights));
    await pullModel();
    assert.ok((await lstat(join(folder, 'model.safetensors'))).isFile());
    assert.deepEqual(await cache.pathsToRemove(commit), [cache.folder]);
  });

  it('gated, unknown, renamed and unreachable: each is told with what to do', async () => {
    server.repositories.set(id, { files: await tinyFiles(), commit, gated: true });
    await refused(/is gated/, /Accept the terms at .*org\/tiny-model/);
    await refused(/this token has not got it/, /HF_TOKEN/, id, { token: 'hf_x' });
    server.repositories.set(id, { files: await tinyFiles(), commit });
    await refused(/no revision v9/, /branches and tags/, `${id}@v9`);
    await refused(/no model org\/other/, /Check the name/, 'org/other', { token: 'hf_x' });
    const gone = await HubServer.start();
    const { endpoint } = gone;
    await gone.close();
    await refused(/127\.0\.0\.1:\d+ cannot be reached: the connection was refused/, /HTTPS_PROXY/, id, { endpoint });
    await refused(/forbids to use the network/, /Unset it/, id, { offline: true });
    server.faults.set('listing', [{ kind: 'status', status: 418 }]);
    await refused(/answered 418/, /in a browser/);
  });

  it('refuses names that would leave the cache, and repositories without usable weights', async () => {
    for (const path of ['../evil.json', '/etc/passwd', 'a/../../b', 'a\\..\\b', 'C:evil', 'a//b', 'nul\0']) {
      server.repositories.set(id, { files: { ...(await tinyFiles()), [path]: Buffer.from('x') }, commit });
      await refused(/no plain path/, /Do not use/);
    }
    assert.deepEqual(await readdir(root), []);
    const all = await tinyFiles();
    const without = (...names: string[]): Record<string, Buffer> =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
    const cases: [Record<string, Buffer>, RegExp][] = [
      [without('model.safetensors'), /pickle files only/],
      [without('model.safetensors', 'pytorch_model.bin', 'training_args.bin'), /no model\.safetensors/],
      [without('config.json'), /no config\.json/],
      [without('tokenizer.json'), /no tokenizer\.json/],
      [{ ...all, 'config.json': Buffer.from('{"model_type": "whisper"}') }, /config\.json/],
    ];
    for (const [files, message] of cases) {
      server.repositories.set(id, { files, commit });
      await refused(message, /./);
    }
    assert.deepEqual(transfers('model.safetensors'), []);
  });

  it('a model in shards comes with its index and all of them; a revision is kept under its name', async () => {
    const shards = {
      'model-00001-of-00002.safetensors': Buffer.from('one'),
      'model-00002-of-00002.safetensors': Buffer.from('two'),
    };
    const index = Buffer.from(
      JSON.stringify({ metadata: {}, weight_map: { a: Object.keys(shards)[0], b: Object.keys(shards)[1] } }),
    );
    const { 'model.safetensors': whole, ...rest } = await tinyFiles();
    const files = { ...rest, 'model.safetensors.index.json': index, ...shards, 'consolidated.safetensors': whole };
    server.repositories.set(id, { files, commit, revisions: ['main', 'refs/pr/1'] });
    const folder = await pullModel(`${id}@refs/pr/1`);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.includes('model')),
      [...Object.keys(shards), 'model.safetensors.index.json'],
    );
    assert.equal(await cache.commitOf('refs/pr/1'), commit);
    assert.equal(await cache.commitOf('main'), undefined);
  });
});
