import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';
import { writeEncoder } from '../support/encoder';

interface LabelRow {
  readonly id: string;
  readonly pile: string;
}

describe('commands that split', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(150));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('tells with how many piles held-out documents are likeliest', async () => {
    const on = (...words: string[]): ReturnType<typeof command> => command(folder, ...words, '--project', 'ks');
    const chosen = await on('choose-k', 'unigram', 'corpus.jsonl', '--ks', '1,3,5', '--json');
    assert.equal(chosen.code, 0, chosen.err);
    const { best, enough, figures } = JSON.parse(chosen.out) as {
      readonly best: number;
      readonly enough: number;
      readonly figures: { k: number; nats: number }[];
    };
    const [one, three, five] = figures.map(({ nats }) => nats);
    assert.ok(one - three > 4 * Math.abs(three - five), `${chosen.out}: the corpus has three domains`);
    assert.equal(best, five < three ? 5 : 3);
    assert.ok(enough <= best);
    const before = await on('runs', '--json');
    for (const several of [
      ['choose-k', 'em', '--ks', '2,3'],
      ['stability', 'em', '--k', '2', '--seeds', '1,2'],
    ]) {
      const told = await on(...several, '--estimate', '--json');
      const { tokens } = JSON.parse(told.out) as { readonly tokens: number };
      assert.ok(tokens > 1000, told.out);
    }
    assert.equal(before.code, 0, before.err);
    assert.equal((await on('runs', '--json')).out, before.out);
    const refused = await on('choose-k', 'kmeans', '--ks', '2,3');
    assert.match(refused.err, /does not tell how likely a document is.\n.*by em or unigram/);
  });

  it('measures every combination of parts, and goes on with what is missing', async () => {
    const on = (...words: string[]): ReturnType<typeof command> =>
      command(folder, 'bench', 'splitting', 'small.jsonl', '--k', '3', '--tokens-per-round', '1000', ...words);
    await writeFile(join(folder, 'small.jsonl'), generatedCorpus(60));
    interface Table {
      readonly lines: { name: string; method: string; splits: { split: string; seed: number; nmi: number }[] }[];
    }
    const small = ['--seeds', '1', '--prefix', '16', '--rounds', '1', '--json'];
    const first = await on(...small, '--start', 'unigram');
    assert.equal(first.code, 0, first.err);
    const one = (JSON.parse(first.out) as Table).lines;
    assert.deepEqual(
      one.map(({ method }) => method),
      ['random', 'kmeans', 'unigram', 'gold', 'em'],
    );
    assert.equal(one[3].splits[0].nmi, 1);
    const second = await on(...small, '--start', 'unigram,random', '--without-controls', '--to', 'table.md');
    assert.equal(second.code, 0, second.err);
    const two = (JSON.parse(second.out) as Table).lines;
    assert.deepEqual(two[0], one[4], 'it is not split again');
    assert.equal(two[1].name, 'EM: random, measured, capacity, 16');
    const table = (await readFile(join(folder, 'table.md'), 'utf8')).trim().split('\n');
    assert.match(table[2], /^\| EM: unigram, measured, capacity, 16 \| [01]\.\d{3} \|/);
    const there = ['--project', '.polymath-bench'];
    const train = ['train', '--split', one[1].splits[0].split, '--tokens', '300', '--rank', '1', '--layers', '1'];
    assert.equal((await command(folder, ...train, ...there)).code, 0);
    const mix = ['mix', '--weighting', 'centroid', '--temperature', '0.2'];
    const mixed = await command(folder, ...mix, '--top', '2', ...there);
    const told = /^Mixer of 3 experts, centroid, --top 2, --temperature 0\.2, temperature 0\.20;/;
    assert.match(mixed.out, told, mixed.err);
    const foreign = await command(folder, ...mix, '--prior', 'even', ...there);
    assert.match(foreign.err, /does not take --prior[^]*--weighting posterior or best-single/);
    const asked = ['ask', 'The captain', '--max-tokens', '2', ...there];
    assert.equal((await command(folder, ...asked, '--weighting', 'centroid')).code, 0);
    assert.match((await command(folder, ...asked, '--weighting', 'probe')).err, /polymath mix --weighting probe/);
    const wrong = await on('--beta', 'warm');
    assert.deepEqual([wrong.code, wrong.err.includes('measured, annealed, bayes, relaxed, literal')], [2, true]);
  });

  it('takes new documents into the piles of a split of fewer, and keeps those where they are', async () => {
    const on = (...words: string[]): ReturnType<typeof command> => command(folder, ...words, '--project', 'more');
    const all = generatedCorpus(150).trim().split('\n');
    await writeFile(join(folder, 'fewer.jsonl'), all.slice(0, 90).join('\n'));
    const fewer = await on('split', 'random', 'fewer.jsonl', '--k', '3', '--json');
    const { id } = JSON.parse(fewer.out) as { id: string };
    const more = await on('split', 'unigram', 'corpus.jsonl', '--from', id, '--keep', '--json');
    assert.equal(more.code, 0, more.err);
    const pilesOf = async (split: string): Promise<Map<string, string>> => {
      const file = join(folder, `${split}.jsonl`);
      await on('export', 'labels', split, '--to', file);
      const rows = (await readFile(file, 'utf8')).trim().split('\n');
      return new Map(rows.map((row) => JSON.parse(row) as LabelRow).map(({ id: name, pile }) => [name, pile]));
    };
    const [before, after] = [await pilesOf(id), await pilesOf((JSON.parse(more.out) as { id: string }).id)];
    const both = [...before.keys()].filter((name) => after.has(name));
    assert.ok(both.length > 50 && after.size > 100, `${both.length} of ${before.size} and ${after.size}`);
    // These piles were drawn at random: whatever could move would.
    assert.deepEqual(
      both.map((name) => after.get(name)),
      both.map((name) => before.get(name)),
    );
    assert.match((await on('split', 'corpus.jsonl', '--keep')).err, /Name it: --from/);
  });

  it('splits by a sentence encoder, and says how to get one', async () => {
    const on = (method: string, ...words: string[]): ReturnType<typeof command> =>
      command(folder, 'split', method, 'corpus.jsonl', '--k', '3', '--embedding', 'sentence', ...words);
    await writeEncoder(join(folder, 'encoder'));
    const split = await on('kmeans', '--encoder', './encoder', '--json', '--project', 'sentences');
    assert.equal(split.code, 0, split.err);
    assert.ok((JSON.parse(split.out) as { nmi: number }).nmi > 0.9, split.out);
    const beside = await on('unigram', '--encoder', './encoder', '--json', '--project', 'sentences');
    assert.equal(beside.code, 0, beside.err);
    const { settings, nmi } = JSON.parse(beside.out) as { settings: { embedding?: string }; nmi: number };
    assert.ok(settings.embedding === 'sentence' && nmi > 0.9, beside.out);
    const missing = await on('kmeans', '--encoder', 'org/none', '--project', 'sentences');
    assert.equal(missing.code, 1);
    assert.match(missing.err, /org\/none is not on this machine yet\.\n.*polymath models pull org\/none/);
  });
});
