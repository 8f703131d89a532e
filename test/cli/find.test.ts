import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundPage } from '../../backend/protocol/find';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';

describe('polymath find', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(60));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const find = (...words: string[]): ReturnType<typeof command> => command(folder, 'find', ...words);

  it('lists what it finds and says where it looked; an index that is missing is made first, once', async () => {
    assert.match((await find('oven')).err, /There is no project/);
    await command(folder, 'import', 'corpus.jsonl');
    const indexes = join(folder, '.polymath', 'indexes');
    const [dataset] = await readdir(indexes);
    await rm(join(indexes, dataset), { recursive: true });
    const first = await find('oven', 'butter', '--limit', '3');
    assert.equal(first.code, 0, first.err);
    assert.match(first.err, /The words of corpus.* are indexed first, once/);
    assert.match(first.out, /Position +Id +Label +Text\n/);
    assert.match(first.out, /kitchen +…?.*(oven|butter)/);
    assert.match(first.out, /\n3 of \d+ found among 60 documents of corpus.*, the best fit first; see --page\n$/);
    const second = await find('oven', 'butter', '--limit', '3', '--page', '2', '--json');
    assert.equal(second.err, '');
    const page = JSON.parse(second.out) as FoundPage;
    assert.equal(page.items.length, 3);
    assert.ok(page.items.every(({ document }) => document.domain === 'kitchen'));
    assert.match((await find('zebra')).out, /^None of the 60 documents of corpus/);
    await command(folder, 'split', 'gold', '--k', '3');
    assert.match((await find('pile:B -oven')).out, /Pile.*\n.*\n.* B .*[^]*in the order of the dataset; piles of Gold/);
  });

  it('explains a query that it cannot understand, and its help lists the filters', async () => {
    const { code, err } = await find('is:movd');
    assert.equal(code, 1);
    assert.match(err, /is: knows no movd\.\nChoose among moved, pinned/);
    assert.match((await find('--help')).out, /confidence:<0\.6 +how sure the method was/);
  });
});
