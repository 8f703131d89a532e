import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CudaFiles, fetchCuda, removeCuda } from '../../backend/model-files/packages/cuda';
import { UserError } from '../../backend/base/errors';
import { cudaFolder, runtimeVersion } from '../../backend/base/provider-files';
import { IndexServer } from '../support/index-server';
import { zipOfAll } from '../support/zip';

const never = new AbortController().signal;
const names = ['POLYMATH_CACHE', 'POLYMATH_NUGET_INDEX', 'PIP_INDEX_URL', 'PIP_CONFIG_FILE'];
const provider = Buffer.from('the provider of CUDA');
const filesIn = (folder: string): Record<string, Uint8Array> => ({
  [`${folder}/libonnxruntime_providers_shared.so`]: Buffer.from('what providers share'),
  [`${folder}/libonnxruntime_providers_tensorrt.so`]: Buffer.from('not wanted'),
  [`${folder}/libonnxruntime_providers_cuda.so`]: provider,
});

/** An index of NuGet's with one package. */
class NugetServer {
  readonly seen: string[] = [];
  package = zipOfAll(filesIn('runtimes/linux-x64/native'));
  hash = createHash('sha512').update(this.package).digest('base64');
  private readonly server: Server = createServer(({ url = '' }, response) => {
    this.seen.push(url);
    if (url === '/package') return void response.writeHead(200).end(this.package);
    const at = this.url.replace('/index.json', '');
    const documents: Record<string, object> = {
      '/index.json': { resources: [{ '@id': `${at}/registration/`, '@type': 'RegistrationsBaseUrl' }] },
      [`/registration/microsoft.ml.onnxruntime.gpu.linux/${runtimeVersion()}.json`]: {
        catalogEntry: `${at}/entry`,
        packageContent: `${at}/package`,
      },
      '/entry': {
        packageHash: this.hash,
        packageHashAlgorithm: 'SHA512',
        packageSize: this.package.byteLength,
      },
    };
    const found = documents[url] as object | undefined;
    response.writeHead(found === undefined ? 404 : 200).end(JSON.stringify(found));
  });

  static async start(): Promise<NugetServer> {
    const nuget = new NugetServer();
    await new Promise<void>((resolve) => nuget.server.listen(0, '127.0.0.1', resolve));
    return nuget;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/index.json`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe("CUDA's files", () => {
  let root: string;
  let nuget: NugetServer;
  let told: string[];
  const earlier = names.map((name) => [name, process.env[name]] as const);

  before(function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') this.skip();
  });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    nuget = await NugetServer.start();
    process.env.POLYMATH_CACHE = root;
    process.env.POLYMATH_NUGET_INDEX = nuget.url;
    told = [];
  });

  afterEach(async () => {
    for (const [name, value] of earlier) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await nuget.close();
    await rm(root, { recursive: true, force: true });
  });

  const fetch = (): Promise<CudaFiles> =>
    fetchCuda({ report: () => undefined, tell: (line) => told.push(line), signal: never });

  it('come from NuGet, are checked, lie beside a copy of ONNX Runtime, and are asked for once', async () => {
    const { folder, downloaded } = await fetch();
    assert.equal(downloaded, nuget.package.byteLength);
    assert.equal(folder, cudaFolder());
    assert.match(told.join('\n'), /onnxruntime\.gpu\.linux\.[\d.]+\.nupkg, \d+ bytes/);
    assert.deepEqual((await readdir(folder)).sort(), [
      'libonnxruntime.so.1',
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
      'onnxruntime_binding.node',
    ]);
    assert.deepEqual(await readFile(join(folder, 'libonnxruntime_providers_cuda.so')), provider);
    assert.deepEqual(await readdir(join(root, 'onnxruntime')), [folder.split('/').at(-1)]);
    nuget.seen.length = 0;
    assert.deepEqual(await fetch(), { folder, downloaded: 0 });
    assert.deepEqual(nuget.seen, []);
    assert.ok((await removeCuda()) > provider.byteLength);
    await assert.rejects(removeCuda(), { name: 'UserError', message: /not on this machine/ });
  });

  it('with another content than the index states are refused, and nothing is left', async () => {
    nuget.hash = createHash('sha512').update('something else').digest('base64');
    await assert.rejects(fetch(), (error) => error instanceof UserError && /other content/.test(error.message));
    assert.deepEqual(await readdir(join(root, 'onnxruntime')), []);
  });

  it('come from the Python package of the same version where NuGet cannot be reached', async () => {
    const index = await IndexServer.start();
    index.packageName = 'onnxruntime-gpu';
    const wheel = { content: zipOfAll(filesIn('onnxruntime/capi')) };
    index.files.set(`onnxruntime_gpu-${runtimeVersion()}-cp312-cp312-manylinux_2_28_x86_64.whl`, wheel);
    index.files.set(`onnxruntime_gpu-${runtimeVersion()}-cp312-cp312-win_amd64.whl`, { content: provider });
    index.files.set('onnxruntime_gpu-99.0.0-cp312-cp312-manylinux_2_28_x86_64.whl', { content: provider });
    process.env.PIP_INDEX_URL = index.url;
    delete process.env.PIP_CONFIG_FILE;
    await nuget.close();
    try {
      const { folder } = await fetch();
      assert.deepEqual(await readFile(join(folder, 'libonnxruntime_providers_cuda.so')), provider);
      assert.match(told.join('\n'), /cannot be reached.*onnxruntime-gpu/);
    } finally {
      await index.close();
    }
  });
});
