import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection, connect } from '../../backend/rpc/client/connection';
import { readAttachment } from '../../backend/server/attach';
import { writeEncoder } from '../support/encoder';
import { descendantsOf } from '../support/processes';
import { settledRun } from '../support/project';
import { useWorkbench } from './workbench';

const vsix = `.cache/package/polymath-${process.platform}-${process.arch}.vsix`;

/** The files that a process has in its memory: programs, native libraries. */
async function mapped(pid: number): Promise<string[]> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8');
  return [...new Set(maps.split('\n').map((line) => line.split(/ +/)[5] ?? ''))];
}

describe('the package, installed in an editor', () => {
  before(async function () {
    await promisify(execFile)(process.execPath, ['scripts/package.mjs']);
  });
  const workbench = useWorkbench({ vsix });
  let client: Connection;
  let backend: string;

  after(() => client.close());

  it('imports, splits and answers with nothing but its own files', async function () {
    await workbench().openViews();
    const runs = workbench().view('Runs');
    await runs.getByRole('button', { name: 'Import Sample Corpus' }).click();
    await runs.getByRole('treeitem', { name: /Import sample corpus, done in/ }).waitFor();
    const found = await readAttachment(join(workbench().folder, '.polymath'));
    assert.ok(found, 'no backend serves the project');
    client = await connect({ ...found, client: 'test' });
    const [{ id: dataset, documents }] = (await client.call('datasets/list', {})).items;
    assert.ok(documents.total > 500, String(documents.total));
    const spec = { kind: 'split', dataset, method: 'unigram', k: 3 } as const;
    const split = await settledRun(client, (await client.call('runs/start', { spec })).id);
    assert.equal(split.state, 'done', split.failure?.message);
    await runs.getByRole('treeitem', { name: /^Split into 3 piles, done in/ }).waitFor();
    const encoder = join(workbench().folder, 'encoder');
    await writeEncoder(encoder);
    const bySentence = { ...spec, method: 'kmeans', embedding: 'sentence', encoder } as const;
    const encoded = await settledRun(client, (await client.call('runs/start', { spec: bySentence })).id);
    assert.equal(encoded.state, 'done', encoded.failure?.message);
    const { text } = await client.call('ask', { model: 'base', prompt: 'the tide', maxTokens: 2 });
    assert.ok(text.length > 0);

    const processes = [found.pid, ...(await descendantsOf(found.pid))];
    const files = (await Promise.all(processes.map(mapped))).flat();
    assert.ok(files.some((path) => path.includes('libonnxruntime')) && files.some((path) => path.includes('duckdb')));
    for (const here of [process.cwd(), await realpath('node_modules')]) {
      assert.deepEqual(
        files.filter((path) => path.startsWith(`${here}/`)),
        [],
      );
    }
    backend = (await readFile(`/proc/${found.pid}/cmdline`, 'utf8')).split('\0')[1];
    assert.match(backend, /\/extensions\/polymath\.polymath-[^/]+\/dist\/backend\/server\/main\.js$/);
    await workbench().shoot('package');
  });

  it('has what the gallery shows, and nothing of the repository', async () => {
    const root = join(backend, '../../../..');
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
    for (const field of ['displayName', 'description', 'categories', 'keywords', 'galleryBanner', 'license', 'icon']) {
      assert.ok(manifest[field], `the gallery shows ${field}`);
    }
    for (const field of ['scripts', 'devDependencies', 'bin']) assert.equal(manifest[field], undefined, field);
    for (const file of ['readme.md', 'changelog.md', 'LICENSE.txt', 'THIRD-PARTY-NOTICES.txt', String(manifest.icon)]) {
      await access(join(root, file));
    }
    for (const file of ['test', 'scripts', 'backend', 'tsconfig.json']) await assert.rejects(access(join(root, file)));
  });
});
