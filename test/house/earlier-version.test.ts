import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readSettingsFile, settingsFileOf } from '../../backend/cli/settings-file';
import { settingsFor } from '../../backend/kinds/kind';
import { readSpec } from '../../backend/kinds/read-spec';
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { Backend } from '../../backend/protocol/messages';
import { perplexityTable } from '../../backend/protocol/records';
import { parseReport } from '../../backend/protocol/report';
import { type Served, serveProject } from '../../backend/server/serve';
import { resultOf, settledRun } from '../support/project';

const kinds: KindTable = runKinds;

describe('a project of version 0.1.0', () => {
  let root: string;
  let served: Served;
  let backend: Backend;
  let adopted = 0;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'polymath-'));
    const folder = join(root, '.polymath');
    await cp('test/fixtures/project-0.1.0', folder, { recursive: true });
    const database = gunzipSync(await readFile(join(folder, 'project.duckdb.gz')));
    await writeFile(join(folder, 'project.duckdb'), database);
    await rm(join(folder, 'project.duckdb.gz'));
    served = await serveProject(folder, { onAdopted: (files) => (adopted = files) });
    ({ backend } = served);
  });

  after(async () => {
    await served.close();
    await rm(root, { recursive: true, force: true });
  });

  const splitBy = async (method: string) => {
    const { items } = await backend.call('splits/list', { limit: 100 });
    const found = items.filter((split) => split.method === method).at(-1);
    assert.ok(found !== undefined, `no split by ${method}`);
    return found;
  };

  /** What the evaluations of a kind found. */
  async function evaluationsOf(kind: string): Promise<unknown[]> {
    const { items } = await backend.call('evaluations/list', { limit: 100 });
    const ids = items.filter((item) => item.kind === kind).map(({ id }) => id);
    const found = await Promise.all(ids.map((evaluation) => backend.call('evaluations/get', { evaluation })));
    return found.map(({ result }) => result);
  }

  it('lists what was in it', async () => {
    const { counts } = await backend.call('project/info', {});
    const { datasets, questions, splits, experts, mixers, evaluations, runs } = counts;
    assert.deepEqual([datasets, questions, splits, experts, mixers, evaluations, runs], [1, 1, 4, 1, 1, 3, 12]);
    const { items } = await backend.call('documents/list', { dataset: 'data-777270dd2df2', limit: 100 });
    assert.equal(items.length, 90);
    assert.equal(adopted, 9);
    const [files] = await backend.call('project/check', {});
    assert.deepEqual([files.ok, /^9 .* 9 are of an earlier version/.test(files.found)], [true, true], files.found);
  });

  it('has its splits with their names, rounds and unions', async () => {
    const em = await splitBy('em');
    assert.deepEqual(
      em.piles.map(({ name }) => name),
      ['Renamed pile', 'oath', 'unnamed'],
    );
    const { markdown } = await backend.call('splits/report', { clustering: em.id });
    assert.match(markdown, /\| 1, after 20 +\| 1\.00/);
    const kmeans = await splitBy('kmeans');
    const { counts } = await backend.call('splits/compare', { a: em.id, b: kmeans.id });
    assert.equal(
      counts.flat().reduce((sum, count) => sum + count),
      72,
    );
    const unions = await backend.call('splits/unions', { clustering: (await splitBy('llm')).id });
    assert.equal(unions.total, 3);
  });

  it('keeps what people said: moves, pins, exclusions, links', async () => {
    const { id: clustering } = await splitBy('em');
    const { items: moves } = await backend.call('labels/list', { clustering });
    assert.deepEqual(
      moves.map(({ document, to }) => [document, to]),
      [[7, 1]],
    );
    const { items } = await backend.call('piles/documents', { clustering, limit: 1000 });
    assert.deepEqual(
      items.filter(({ pinned }) => pinned).map(({ index }) => index),
      [7, 9],
    );
    assert.ok(items.find(({ index }) => index === 11)?.excluded);
    const links = await backend.call('links/list', { dataset: 'data-777270dd2df2' });
    assert.deepEqual(links.items.map(({ kind }) => kind).sort(), ['cannot', 'must']);
  });

  it('has its runs in today’s words: each can be written out as a file that starts it again', async () => {
    const { items } = await backend.call('runs/list', { limit: 100 });
    const done = new Set(items.map(({ spec }) => spec.kind));
    assert.deepEqual([...done].sort(), ['compare', 'evaluate', 'import', 'import-questions', 'mix', 'split', 'train']);
    for (const { spec } of items) {
      const table = settingsFor(kinds[spec.kind], spec);
      const path = join(root, 'run.yaml');
      await writeFile(path, settingsFileOf(spec, table));
      const told = readSpec(kinds, { ...(await readSettingsFile(path, table)), kind: spec.kind });
      for (const [key, value] of Object.entries(spec))
        assert.deepEqual(told[key], value === 'bundled' ? 'base' : value, `${key} of ${spec.kind}`);
    }
  });

  it('opens its reports and tables', async () => {
    const [report] = await evaluationsOf('comparison');
    const { perplexity, splits } = parseReport(report);
    assert.ok(Object.keys(perplexity).length >= 6 && Object.keys(splits).length >= 4);
    const tables = await evaluationsOf('perplexity');
    assert.equal(tables.length, 2);
    for (const table of tables) assert.equal(perplexityTable.parse(table).systems.length, 6);
  });

  it('says of its experts that they are of the base model of then, and what to do; its piles get new ones', async () => {
    const { items } = await backend.call('experts/list', { limit: 10 });
    const [{ id: experts }] = items;
    const asked = { prompt: 'The judge and the', maxTokens: 4, temperature: 0 };
    for (const model of ['mixture', 'expert-a', 'council:Old council']) {
      await assert.rejects(backend.call('ask', { ...asked, model }), /was made for another base model/, model);
    }
    const { items: mixers } = await backend.call('mixers/list', { experts, limit: 10 });
    const spec = { kind: 'evaluate', experts, mixer: mixers[0].id, testDocuments: 3 };
    await assert.rejects(resultOf(backend, spec), /were trained on another base model .* another version of Polymath/);
    const { id: clustering } = await splitBy('em');
    const trained = await resultOf(backend, { kind: 'train', split: clustering, tokens: 600 });
    const { tokens } = await backend.call('ask', { ...asked, model: 'expert-a' });
    assert.ok(trained !== experts && tokens.length > 0);
  });

  it('tells of a run that was interrupted that its base model is another one by now', async () => {
    const { items } = await backend.call('runs/list', { state: 'interrupted', limit: 10 });
    const [{ id: run, spec }] = items;
    assert.equal(spec.kind, 'train');
    await backend.call('runs/resume', { run });
    const { failure } = await settledRun(backend, run);
    assert.equal(failure?.reason, 'inputs-changed');
    assert.match(failure.message, /^Since the run began, these have changed: model/);
  });
});
