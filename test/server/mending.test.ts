import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../backend/base/files';
import { openProject, resultOf, type TestProject } from '../support/project';

describe('a project with a damaged file', () => {
  let project: TestProject;
  before(async () => {
    project = await openProject(60);
  });
  after(() => project.remove());

  it('computes nothing from a damaged dataset, and gets it back by another import of the same corpus', async () => {
    const { backend, root, folder } = project;
    const source = { kind: 'import', source: join(root, 'corpus.jsonl') };
    const dataset = await resultOf(backend, source);
    const split = { kind: 'split', dataset, method: 'unigram', k: 2 };
    const clustering = await resultOf(backend, split);
    const page = { dataset, limit: 100 };
    const before = await backend.call('documents/list', page);
    const path = join(folder, 'datasets', dataset, 'documents.parquet');
    const bytes = await readFile(path);
    bytes.fill(0, 200, 300);
    await writeFile(path, bytes);
    await assert.rejects(backend.call('documents/list', page), /documents\.parquet is damaged/);
    await assert.rejects(backend.call('runs/start', { spec: split }), /documents\.parquet is damaged/);
    await assert.rejects(backend.call('runs/start', { spec: { kind: 'train', split: clustering } }), /is damaged/);
    const [file] = await backend.call('project/check', {});
    assert.deepEqual([file.ok, file.next.includes('polymath doctor --repair')], [false, true], file.found);
    const { files } = await backend.call('project/set-aside', {});
    assert.deepEqual(await readFile(files[0]), bytes);
    assert.equal(await exists(path), false);
    assert.equal(await resultOf(backend, source), dataset);
    assert.deepEqual(await backend.call('documents/list', page), before);
    assert.deepEqual(
      (await backend.call('project/check', {})).map(({ ok }) => ok),
      [true],
    );
    assert.equal(
      (await backend.call('piles/documents', { clustering })).total,
      before.items.filter(({ side }) => side === 'train').length,
    );
  });
});
