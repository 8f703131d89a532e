import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';

describe('commands that look into piles and correct them', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(150));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('lists the documents that fit no pile, and takes them out of runs at once', async () => {
    const on = (...words: string[]): ReturnType<typeof command> => command(folder, ...words, '--project', 'noise');
    const tables = Array.from({ length: 9 }, (_, i) => ({ text: '|   |   |\n'.repeat(12 + i), domain: 'table' }));
    const rows = tables.map((table) => `${JSON.stringify(table)}\n`).join('');
    await writeFile(join(folder, 'noisy.jsonl'), generatedCorpus(150) + rows);
    const words = ['--k', '3', '--rounds', '1', '--prefix', '32', '--tokens-per-round', '1000', '--json'];
    const split = await on('split', 'em', 'noisy.jsonl', ...words);
    assert.equal(split.code, 0, split.err);
    const { outliers, id } = JSON.parse(split.out) as { outliers: number; id: string };
    const listed = await on('labels', '--outliers');
    assert.match(listed.out, /\| \| \|/, listed.err);
    const { out } = await on('labels', '--outliers', '--exclude');
    assert.match(out, new RegExp(`^${outliers} documents of data-\\w+ out of all runs.\n$`));
    assert.match((await on('labels', '--undo')).out, new RegExp(`^${outliers} documents of data-\\w+ taken back.\n$`));
    await on('split', 'random', '--k', '2');
    assert.match((await on('labels', '--undo')).out, /^Nothing is left .* Random split, k = 2 \(split-\w+\);/);
    assert.match((await on('labels', '--undo', '--split', id)).out, new RegExp(`^Nothing is left .* \\(${id}\\);`));
    assert.match((await on('labels', '--outliers')).out, /^Every document of split-\w+ fits a pile/);
  });

  it('tells what piles are worth by quick experts; divides a pile into what it holds, and leaves the others', async () => {
    const on = (...words: string[]): ReturnType<typeof command> => command(folder, ...words, '--project', 'divided');
    interface Split {
      readonly id: string;
      readonly sizes: readonly number[];
      readonly nmi: number;
    }
    const gold = await on('split', 'gold', 'corpus.jsonl', '--quick-experts', '9000', '--json');
    const split = JSON.parse(gold.out) as Split & { perplexity: number; randomPerplexity: number };
    assert.ok(split.perplexity < 0.97 * split.randomPerplexity, gold.out);
    assert.equal((await on('piles', '--merge', 'C', '--into', 'A')).code, 0);
    const divided = await on('piles', 'divide', 'a', '--split', split.id, '--json');
    assert.equal(divided.code, 0, divided.err);
    const { id, sizes, nmi } = JSON.parse(divided.out) as Split;
    assert.equal(sizes.length, 3);
    assert.equal(sizes[1], split.sizes[1]);
    assert.ok(nmi > 0.9, divided.out);
    const { counts } = JSON.parse((await on('piles', '--split', id, '--agreement', split.id, '--json')).out) as {
      counts: number[][];
    };
    assert.deepEqual(counts[1], [0, split.sizes[1], 0]);
    const empty = await on('piles', 'divide', 'C', '--split', split.id);
    assert.match(empty.err, /no documents\.\n.*Choose another/);
    const stranger = await on('piles', 'divide', 'B', '--method', 'kmeans', '--tokens-per-round', '9');
    assert.match(stranger.err, /--tokens-per-round is a setting of em, and this splits by kmeans/);
    assert.equal((await on('piles', '--merge', 'A', '--into', 'C', '--split', split.id)).code, 0);
    const trained = await on(
      'train',
      '--split',
      split.id,
      '--tokens',
      '300',
      '--rank',
      '1',
      '--name',
      'mine',
      '--json',
    );
    const { id: set, experts } = JSON.parse(trained.out) as { id: string; experts: { expert: string }[] };
    assert.deepEqual(
      experts.map(({ expert }) => expert),
      ['B', 'C'],
      'experts keep the letters of their piles',
    );
    assert.equal((await on('ask', '--uniform', 'The', '--max-tokens', '1')).code, 0);
    assert.equal((await on('experts', 'mine', '--remove')).out, `${set} is removed.\n`);
    assert.match((await on('piles', 'divide', 'Z', '--split', id)).err, /no pile Z/);
  });

  it('moves documents, takes them out of runs and back, and tells why they are in their pile', async () => {
    const on = (...words: string[]): ReturnType<typeof command> => command(folder, ...words, '--project', 'labels');
    const split = await on('split', 'kmeans', 'corpus.jsonl', '--k', '2', '--json');
    assert.equal(split.code, 0, split.err);
    // Some of the first documents are for validation and test, and in no pile.
    const why = async (document: number): Promise<string> => (await on('labels', `${document}`, '--why')).out;
    let document = 0;
    while ((await why(document)) === '') document++;
    const pile = /: pile ([AB])/.exec(await why(document))?.[1];
    const other = pile === 'A' ? 'B' : 'A';
    const moved = await on('labels', `${document}`, '--move', other.toLowerCase());
    const { id } = JSON.parse(split.out) as { id: string };
    const within = `K-means, tf-idf, k = 2 (${id})`;
    assert.equal(moved.out, `1 document moved to pile ${other} of ${within}.\n`, moved.err);
    assert.match(await why(document), new RegExp(`: pile ${other}, moved by hand\n  words: .*\n  like it: .+`));
    assert.match((await on('labels', `${document}`, '--exclude')).out, /^1 document of data-\w+ out of all runs\.\n$/);
    assert.match((await on('labels', '--undo')).out, /^1 document of data-\w+ taken back\.\n$/);
    assert.equal((await on('labels', '--undo')).out, `1 document taken back in ${within}.\n`);
    assert.match(await why(document), new RegExp(`: pile ${pile}`));
    assert.match((await on('labels')).out, /taken back/);
    await on('labels', `${document}`, '--move', other);
    const next = await on('split', 'unigram', '--from', id, '--json');
    assert.equal(next.code, 0, next.err);
    const { settings } = JSON.parse(next.out) as { settings: object };
    assert.deepEqual({ ...settings, restarts: 5 }, { restarts: 5, from: id, pinned: 1 });
    assert.match(await why(document), new RegExp(`: pile ${other}`), 'the newest split keeps what was moved');
    const undone = await on('labels', '--undo', '--split', id);
    assert.equal(undone.out, `1 document taken back in ${within}.\n`, 'an earlier split by its id');
    const { id: newest } = JSON.parse(next.out) as { id: string };
    const compared = await on('piles', '--agreement', id, '--json');
    const { a, documents, counts } = JSON.parse(compared.out) as { a: string; documents: number; counts: number[][] };
    assert.deepEqual([a, counts.flat().reduce((sum, count) => sum + count)], [newest, documents]);
    assert.match((await on('piles', '--merge', pile ?? '', '--into', other)).out, /documents of pile . are in/);
    assert.match((await on('piles')).out, / 0 /);
    const wrong = await on('labels', `${document}`, '--move', 'Q');
    assert.deepEqual([wrong.code, wrong.err.includes('Choose among A, B')], [1, true]);
  });
});
