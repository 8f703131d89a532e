import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderTable } from '../../backend/cli/tables';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';
import { finished, start } from '../support/program';
import { createScreen } from './double';

describe('what people type for an id, and what other programs read', () => {
  let folder: string;
  const ids: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'harbour.jsonl'), generatedCorpus(40));
    for (const seed of ['1', '2']) {
      const { out, err } = await command(folder, 'import', 'harbour.jsonl', '--seed', seed, '--json');
      ids.push((JSON.parse(out || err) as { id: string }).id);
    }
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function refused(code: number, ...args: string[]): Promise<{ message: string; next: string }> {
    const ended = await command(folder, ...args, '--json');
    assert.equal(ended.code, code, ended.err);
    return (JSON.parse(ended.out) as { error: { message: string; next: string } }).error;
  }

  it('the beginning of an id, with its kind and without it', async () => {
    for (const given of [ids[0], ids[0].slice(0, 12), ids[0].slice('data-'.length, 12)]) {
      const { code, out, err } = await command(folder, 'datasets', given, '--limit', '1');
      assert.equal(code, 0, err);
      assert.match(out, /1 of 40/);
    }
  });

  it('a name, where one thing alone is called so', async () => {
    const both = await refused(1, 'datasets', 'harbour');
    for (const id of ids) assert.ok(both.message.includes(id), both.message);
    assert.equal((await command(folder, 'datasets', ids[1], '--remove')).code, 0);
    const { code, err } = await command(folder, 'datasets', 'harbour');
    assert.equal(code, 0, err);
    assert.deepEqual(await refused(1, 'datasets', 'lighthouse'), {
      message: 'There is no dataset lighthouse.',
      next: 'See `polymath datasets`.',
    });
  });

  it('settings that are ids', async () => {
    const { code, err } = await command(folder, 'split', 'unigram', ids[0].slice(0, 12), '--k', '2');
    assert.equal(code, 0, err);
    assert.match((await refused(1, 'train', '--split', 'split-zz')).message, /no split split-zz/);
    assert.match((await refused(1, 'runs', 'run-zz')).message, /no run run-zz/);
  });

  it('a mistake in the options is JSON, too, where JSON is asked for', async () => {
    assert.deepEqual(await refused(2, 'split', '--kk', '3'), {
      message: "unknown option '--kk'",
      next: 'Add --help for the options.',
    });
  });

  it('whoever stops reading ends the command without a word', async () => {
    const child = start(folder, 'datasets', ids[0], '--limit', '40');
    child.stdout?.destroy();
    const { code, err } = await finished(child);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
  });
});

describe('ids in tables', () => {
  it('are whole in terminals of any width', () => {
    const [run, split] = ['run-mijk4x2a0000abc', 'split-mijk4x2a0000abc'];
    const columns = ['Run', 'Kind', 'State', 'Latest'].map((title) => ({ title, align: 'left' as const }));
    const rows = [{ cells: [run, 'import-questions', 'interrupted', split] }];
    for (let width = 12; width <= 120; width++) {
      const table = renderTable(columns, rows, createScreen({ columns: width }));
      assert.ok(table.includes(run) && table.includes(split), table);
    }
  });
});
