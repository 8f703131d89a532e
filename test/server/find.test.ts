import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundPage } from '../../backend/protocol/find';
import type { Params } from '../../backend/protocol/messages';
import { openProject, type TestProject } from '../support/project';

describe('finding documents', () => {
  let project: TestProject;
  let dataset = '';
  let clustering = '';

  before(async () => {
    project = await openProject(120);
    const source = join(project.root, 'corpus.jsonl');
    const lines = (await readFile(source, 'utf8')).trimEnd().split('\n');
    const added = [
      { id: 'crème', text: 'Crème brûlée is baked in the oven.', domain: 'kitchen' },
      { id: 'tokyo', text: '昨日、東京タワーに行きました。', domain: 'travel' },
    ];
    await writeFile(source, [...lines, ...added.map((row) => JSON.stringify(row))].join('\n'));
    const imported = await project.run({ kind: 'import', source, test: 0, validation: 0.2 });
    dataset = imported.result ?? assert.fail(imported.failure?.message);
    const split = await project.run({ kind: 'split', dataset, method: 'gold', k: 4 });
    clustering = split.result ?? assert.fail(split.failure?.message);
  });
  after(() => project.remove());

  const find = (query: string, more: Partial<Params<'documents/find'>> = {}): Promise<FoundPage> =>
    project.backend.call('documents/find', { query, limit: 200, ...more });
  const indices = async (query: string): Promise<number[]> =>
    (await find(query)).items.map(({ document }) => document.index);
  const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

  it('by words gives what stands in them, with the place and the pile', async () => {
    const { items, total, order, of, ...where } = await find('creme BRULEE');
    assert.deepEqual([total, order, of, where.dataset?.id, where.split?.id], [1, 'fit', 122, dataset, clustering]);
    const [{ document, snippet, match, placed }] = items;
    assert.equal(document.id, 'crème');
    assert.deepEqual(
      snippet.marks.map(({ start, end }) => snippet.text.slice(start, end)),
      ['Crème', 'brûlée'],
    );
    assert.deepEqual(match, { start: 0, end: 5 });
    assert.equal(placed === undefined, document.side !== 'train');
    assert.equal((await find('東京タワー')).items[0].document.id, 'tokyo');
    assert.equal((await find('crem', { typing: true })).total, 1);
    assert.equal((await find('crem')).total, 0);
    const [first, second] = [await find('oven', { limit: 3 }), await find('oven', { limit: 3, offset: 3 })];
    const both = [...first.items, ...second.items].map(({ document: { index } }) => index);
    assert.deepEqual(both, (await indices('oven')).slice(0, 6));
  });

  it('by filters gives those that are so, and what people said since', async () => {
    const all = (await project.backend.call('piles/documents', { clustering, limit: 1000 })).items;
    const inPile = (pile: number): number[] => all.filter((row) => row.pile === pile).map(({ index }) => index);
    assert.deepEqual(await indices('pile:b'), inPile(1));
    const [{ name }] = await project.backend.call('piles/list', { clustering });
    assert.deepEqual(await indices(`pile:"${name}",C`), sorted([...inPile(0), ...inPile(2)]));
    const [one, another] = all;
    const move = { clustering, documents: [{ index: one.index, version: one.version }], to: (one.pile + 1) % 4 };
    await project.backend.call('labels/move', move);
    await project.backend.call('labels/exclude', { dataset, documents: [another.index], excluded: true });
    await project.backend.call('links/add', { dataset, kind: 'must', a: one.index, b: another.index });
    assert.deepEqual(await indices('is:moved'), [one.index]);
    assert.deepEqual(await indices('is:pinned'), [one.index]);
    assert.deepEqual(await indices('is:excluded'), [another.index]);
    assert.deepEqual(await indices('is:linked'), sorted([one.index, another.index]));
    assert.deepEqual(await indices('is:linked -is:moved'), [another.index]);
    assert.deepEqual(await indices('is:moved,excluded'), sorted([one.index, another.index]));
    assert.equal((await find('-is:moved')).total, 121);
    assert.equal((await find('')).total, 122);
    assert.deepEqual(
      (await find('label:Travel')).items.map(({ document }) => document.id),
      ['tokyo'],
    );
    assert.deepEqual(
      await indices('id:doc-11* position:<115'),
      [11, 110, 111, 112, 113, 114].filter((i) => i < 115),
    );
    assert.equal((await find('side:validation')).total + all.length, 122);
    assert.deepEqual(await indices('oven -side:train'), await indices('oven side:validation'));
    assert.equal((await find('length:<30 is:copy')).total, 0);
    assert.equal((await find('file:CORPUS')).total, 122);
    assert.equal((await find('-oven -the')).order, 'dataset');
  });

  it('says what a query names that is not there', async () => {
    await assert.rejects(find('pile:Q'), /pile:Q: .* has no pile Q/);
    await assert.rejects(find('dataset:nowhere'), /there is no such dataset/);
    assert.equal((await find('oven dataset:CORP')).dataset?.id, dataset);
    assert.equal((await find(`split:${clustering.slice(6, 12)}`)).split?.id, clustering);
  });

  it('indexes what has no index, and makes a damaged one again', async () => {
    const path = join(project.folder, 'indexes', dataset, 'words.index');
    const before = await find('oven');
    await rm(path);
    assert.equal((await find('oven')).unindexed, 'missing');
    assert.equal((await find('pile:B')).unindexed, undefined);
    assert.equal((await project.run({ kind: 'index', dataset })).state, 'done');
    assert.deepEqual(await find('oven'), before);
    const bytes = await readFile(path);
    bytes[50] ^= 1;
    await writeFile(path, bytes);
    const checks = await project.backend.call('project/check', {});
    assert.deepEqual(
      checks.map(({ ok }) => ok),
      [false],
    );
    assert.match(checks[0].next, /made again when words are looked for/);
    assert.equal((await find('oven')).unindexed, 'damaged');
    assert.equal((await project.backend.call('documents/list', { dataset })).total, 122);
    await project.run({ kind: 'index', dataset });
    assert.deepEqual(await find('oven'), before);
    await project.reopen();
    assert.deepEqual(await find('oven'), before);
    await project.backend.call('splits/remove', { clustering });
    await project.backend.call('datasets/remove', { dataset });
    await assert.rejects(stat(path));
    assert.deepEqual(await find('oven'), { total: 0, of: 0, items: [], order: 'fit' });
  });
});
