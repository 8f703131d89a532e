import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../../backend/protocol/messages';
import { HubServer } from '../support/hub-server';
import { openProject, type TestProject } from '../support/project';

const names = ['HF_ENDPOINT', 'HF_HOME', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'POLYMATH_CACHE', 'OLLAMA_MODELS'];

describe('what is asked of models and sources before a run', () => {
  let project: TestProject;
  let server: HubServer;
  const environment = names.map((name) => [name, process.env[name]] as const);

  before(async () => {
    project = await openProject(30);
    server = await HubServer.start();
    const files: Record<string, Buffer> = {};
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
      files[name] = await readFile(join('models/polymath-base', name));
    }
    server.repositories.set('org/base', { files, commit: 'd'.repeat(40) });
    for (const name of names) delete process.env[name];
    const { root } = project;
    Object.assign(process.env, {
      HF_ENDPOINT: server.endpoint,
      HF_HOME: join(root, 'hf'),
      POLYMATH_CACHE: join(root, 'cache'),
      OLLAMA_MODELS: join(root, 'ollama'),
    });
  });

  after(async () => {
    for (const [name, value] of environment) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await server.close();
    await project.remove();
  });

  const call: TestProject['backend']['call'] = (...args) => project.backend.call(...args);
  const inspect = (file: string, more = {}): Promise<Result<'source/inspect'>> =>
    call('source/inspect', { spec: { kind: 'import', source: join(project.root, file), ...more } });

  it('brings a model here by a run, tells of it, checks it, and removes it', async () => {
    const model = 'org/base';
    await assert.rejects(call('catalog/inspect', { model }), /not on this machine yet/);
    const pulled = await project.run({ kind: 'pull', model });
    assert.equal(pulled.state, 'done', pulled.failure?.message);
    await access(join(pulled.result ?? '', 'model.safetensors'));
    assert.ok((await call('catalog/list', {})).some(({ name, problem }) => name === model && problem === undefined));
    const facts = await call('catalog/inspect', { model });
    const bundled = await call('catalog/inspect', { model: 'base' });
    assert.deepEqual([facts.parameters, facts.family], [bundled.parameters, bundled.family]);
    const checks = await call('catalog/verify', { model });
    assert.ok(checks.length >= 5 && checks.every(({ ok }) => ok), JSON.stringify(checks));
    const { paths, bytes } = await call('catalog/removal', { model });
    assert.deepEqual(await call('catalog/remove', { model }), { paths, bytes, copies: false });
    await assert.rejects(call('catalog/removal', { model }), /nothing of org\/base on this machine/);
  });

  it('says why a model does not come', async () => {
    const { state, failure } = await project.run({ kind: 'pull', model: 'org/none' });
    assert.equal(state, 'failed');
    assert.match(failure?.message ?? '', /org\/none/);
    assert.equal(failure?.reason, 'user-error');
  });

  it('stops looking when nobody waits any more', async () => {
    const controller = new AbortController();
    const listing = call('catalog/verify', { model: 'base' }, { signal: controller.signal });
    controller.abort();
    await assert.rejects(listing, { name: 'AbortError' });
  });

  it('guesses the format and the columns of a source as its import will', async () => {
    assert.deepEqual((({ format, files, columns }) => ({ format, files, columns }))(await inspect('corpus.jsonl')), {
      format: 'jsonl',
      files: 1,
      columns: { text: 'text', id: 'id', domain: 'domain' },
    });
    await writeFile(
      join(project.root, 'odd.csv'),
      'nr,words\n1,"some words, and more of them"\n2,"others, which are as many words"\n',
    );
    const odd = await inspect('odd.csv');
    assert.deepEqual([odd.format, odd.fields, odd.columns], ['csv', ['nr', 'words'], { text: 'words' }]);
    await assert.rejects(inspect('odd.csv', { columns: { text: 'body' } }), /There is no column "body"/);
    await assert.rejects(inspect('none.csv'), /There is no file or folder/);
  });
});
