import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseReport } from '../../backend/protocol/report';
import { writeEncoder } from '../support/encoder';
import { generatedCorpus } from '../support/corpus';
import { polymath, start } from '../support/program';

interface SplitJson {
  readonly sizes: number[];
  readonly shares: number[];
  readonly seconds: number;
  readonly nmi: number;
  readonly ari: number;
  readonly purity: number;
}

interface LabelRow {
  readonly id: string;
  readonly pile: string;
}

describe('the command line with the bundled model', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(150));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('tells with how many piles held-out documents are likeliest', async () => {
    const on = (...words: string[]): ReturnType<typeof polymath> => polymath(folder, ...words, '--project', 'ks');
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
    const refused = await on('choose-k', 'kmeans', '--ks', '2,3');
    assert.match(refused.err, /does not tell how likely a document is.\n.*by em or unigram/);
  });

  it('measures every combination of parts, and goes on with what is missing', async () => {
    const on = (...words: string[]): ReturnType<typeof polymath> =>
      polymath(folder, 'bench', 'splitting', 'corpus.jsonl', '--k', '3', '--tokens-per-round', '1000', ...words);
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
    assert.equal(two[1].name, 'EM: random, annealed, capacity, 16');
    const table = (await readFile(join(folder, 'table.md'), 'utf8')).trim().split('\n');
    assert.match(table[2], /^\| EM: unigram, annealed, capacity, 16 \| [01]\.\d{3} \|/);
    const there = ['--project', '.polymath-bench'];
    const train = ['train', '--split', one[1].splits[0].split, '--tokens', '300', '--rank', '1', '--layers', '1'];
    assert.equal((await polymath(folder, ...train, ...there)).code, 0);
    const mixed = await polymath(folder, 'mix', '--weighting', 'centroid', ...there);
    assert.match(mixed.out, /^Mixer of 3 experts, centroid/, mixed.err);
    const wrong = await on('--beta', 'warm');
    assert.deepEqual([wrong.code, wrong.err.includes('annealed, bayes, literal')], [2, true]);
  });

  it('takes new documents into the piles of a split of fewer, and keeps those where they are', async () => {
    const on = (...words: string[]): ReturnType<typeof polymath> => polymath(folder, ...words, '--project', 'more');
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

  it('lists the documents that fit no pile, and takes them out of runs at once', async () => {
    const on = (...words: string[]): ReturnType<typeof polymath> => polymath(folder, ...words, '--project', 'noise');
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

  it('splits by a sentence encoder, and says how to get one', async () => {
    const on = (method: string, ...words: string[]): ReturnType<typeof polymath> =>
      polymath(folder, 'split', method, 'corpus.jsonl', '--k', '3', '--embedding', 'sentence', ...words);
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

  it('tells what piles are worth by quick experts; divides a pile into what it holds, and leaves the others', async () => {
    const on = (...words: string[]): ReturnType<typeof polymath> => polymath(folder, ...words, '--project', 'divided');
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
    assert.match((await on('piles', 'divide', 'Z', '--split', id)).err, /no pile Z/);
  });

  it('moves documents, takes them out of runs and back, and tells why they are in their pile', async () => {
    const on = (...words: string[]): ReturnType<typeof polymath> => polymath(folder, ...words, '--project', 'labels');
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

  it('splits, trains, mixes, evaluates and asks, each step from the one before', async () => {
    const split = await polymath(
      folder,
      'split',
      'corpus.jsonl',
      '--k',
      '3',
      '--prefix',
      '32',
      '--rounds',
      '1',
      '--json',
    );
    assert.equal(split.code, 0, split.err);
    const figures = JSON.parse(split.out) as SplitJson;
    assert.equal(
      figures.sizes.reduce((a, b) => a + b, 0),
      120,
    );
    assert.ok(figures.nmi > 0.9 && figures.ari > 0.9 && figures.purity > 0.9, split.out);
    assert.ok(figures.seconds > 0);

    const trained = await polymath(folder, 'train', '--tokens', '18000', '--json');
    assert.equal(trained.code, 0, trained.err);
    const mixed = await polymath(folder, 'mix', '--json');
    assert.equal(mixed.code, 0, mixed.err);

    const evaluated = await polymath(folder, 'evaluate', '--json');
    assert.equal(evaluated.code, 0, evaluated.err);
    const { systems } = JSON.parse(evaluated.out) as { systems: { name: string; macro: number }[] };
    const macro = (name: string): number => systems.find((system) => system.name === name)?.macro ?? assert.fail(name);
    assert.ok(macro('Mixture') < 0.8 * macro('Base model'), evaluated.out);
    assert.ok(macro('Mixture') < Math.min(...systems.filter((s) => s.name.startsWith('Expert')).map((s) => s.macro)));

    const ask = (): ReturnType<typeof polymath> =>
      polymath(folder, 'ask', 'the captain', '--max-tokens', '12', '--seed', '7', '--json');
    const [first, second] = [await ask(), await ask()];
    assert.equal(first.code, 0, first.err);
    assert.equal(first.out, second.out);
    const answer = JSON.parse(first.out) as { text: string; tokens: { weights: number[] }[] };
    assert.ok(answer.tokens.length > 0 && answer.text.length > 0);
    for (const { weights } of answer.tokens) assert.ok(Math.abs(weights.reduce((a, b) => a + b) - 1) < 1e-9);

    await writeFile(join(folder, 'ask.yaml'), 'max-tokens: 12\nseed: 8\n');
    const byFile = await polymath(folder, 'ask', 'the captain', '--config', 'ask.yaml', '--seed', '7', '--json');
    assert.equal(byFile.out, first.out, byFile.err);
    const stopped = await polymath(folder, 'ask', 'the captain', '--max-tokens', '40', '--seed', '7', '--stop', ' ');
    assert.equal(stopped.code, 0, stopped.err);
    assert.match(stopped.out, /‹A›/);
  });

  it('gives new documents to the experts that predict them, and begins a split with these', async () => {
    const set = JSON.parse((await polymath(folder, 'experts', '--json')).out) as { items: { id: string }[] };
    const [{ id }] = set.items;
    await writeFile(join(folder, 'new.jsonl'), generatedCorpus(210).trim().split('\n').slice(150).join('\n'));
    const on = (...words: string[]): ReturnType<typeof polymath> => polymath(folder, 'split', 'new.jsonl', ...words);
    type Assigned = SplitJson & { readonly settings: { readonly rounds: number; readonly start?: string } };
    const given = await on('--experts', id, '--keep', '--json');
    assert.equal(given.code, 0, given.err);
    const assigned = JSON.parse(given.out) as Assigned;
    assert.ok(assigned.nmi > 0.9 && assigned.sizes.length === 3, given.out);
    assert.equal(assigned.settings.rounds, 0);
    const went = await on('--experts', id, '--rounds', '1', '--tokens-per-round', '2000', '--json');
    assert.equal(went.code, 0, went.err);
    const begun = JSON.parse(went.out) as Assigned;
    assert.ok(begun.nmi > 0.9 && begun.settings.start === 'experts', went.out);
    for (const [words, message] of [
      [['--experts', id, '--k', '3'], /as many piles as .* experts have.*\n.*--k/],
      [['--experts', id, '--start', 'random'], /begins in one way.*\n.*--start or --experts/],
      [['--keep'], /Name it: --from or --experts/],
    ] as const) {
      const refused = await on(...words);
      assert.match(refused.err, message);
      assert.equal(refused.code, 1);
    }
  });

  it('runs the whole job and writes a report with all systems, whose splits keep to links', async () => {
    await polymath(folder, 'split', 'gold', 'corpus.jsonl', '--project', 'job');
    const labels = async (to: string): Promise<{ index: number; pile: string }[]> => {
      const exported = await polymath(folder, 'export', 'labels', '--to', to, '--project', 'job');
      assert.equal(exported.code, 0, exported.err);
      const lines = (await readFile(join(folder, to), 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as { index: number; pile: string });
    };
    const before = await labels('before.jsonl');
    const [first, other] = ['A', 'B'].map((letter) => before.find(({ pile }) => pile === letter)?.index);
    const link = await polymath(folder, 'labels', '--must', `${first}`, `${other}`, '--project', 'job');
    assert.equal(link.code, 0, link.err);
    const sizes = ['--k', '3', '--tokens', '3000', '--test-documents', '12', '--prefix', '24', '--rounds', '1'];
    const run = await polymath(folder, 'run', '--data', 'corpus.jsonl', '--project', 'job', ...sizes);
    assert.equal(run.code, 0, run.err);
    const report = parseReport(JSON.parse(await readFile(join(folder, 'job', 'report.json'), 'utf8')));
    assert.deepEqual(Object.keys(report.splits).sort(), ['em', 'gold', 'kmeans', 'random', 'unigram']);
    const systems = ['base', 'em', 'gold', 'kmeans', 'mixture', 'monolithic', 'random', 'unigram'];
    assert.deepEqual(Object.keys(report.perplexity).sort(), systems);
    assert.deepEqual(Object.keys(report.perplexity.em?.domains ?? {}).sort(), ['court', 'harbour', 'kitchen']);
    assert.match(await readFile(join(folder, 'job', 'report.html'), 'utf8'), /<\/html>/);
    assert.match(run.out, /report\.html/);
    const after = new Map((await labels('after.jsonl')).map(({ index, pile }) => [index, pile]));
    assert.equal(after.get(first ?? -1), after.get(other ?? -1));
  });

  it('imports, lists and exports, and tells what a run would take', async () => {
    await writeFile(join(folder, 'texts.csv'), 'body,label\n"one, two",a\nthree,b\nfour,a\nfive,b\nsix\n');
    const imported = await polymath(folder, 'import', 'texts.csv', '--project', 'csv', '--json');
    assert.equal(imported.code, 0, imported.err);
    assert.match(imported.err, /texts\.csv, line 6/);
    const dataset = JSON.parse(imported.out) as { id: string; documents: { total: number }; domains: unknown[] };
    assert.deepEqual([dataset.documents.total, dataset.domains.length], [4, 2]);
    const listed = await polymath(folder, 'datasets', dataset.id, '--project', 'csv');
    assert.match(listed.out, /one, two/, listed.err);
    const exported = await polymath(folder, 'export', 'dataset', '--to', 'out.jsonl', '--project', 'csv');
    assert.equal(exported.code, 0, exported.err);
    const lines = (await readFile(join(folder, 'out.jsonl'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 4);
    const { out } = await polymath(folder, 'train', '--tokens', '30000', '--estimate', '--json');
    assert.equal((JSON.parse(out) as { tokens: number }).tokens, 30_000);
    const runs = await polymath(folder, 'runs');
    for (const kind of ['split', 'train', 'mix', 'evaluate']) assert.match(runs.out, new RegExp(`${kind} +done`));
  });

  it('Ctrl-C stops with a checkpoint, says how to go on, and leaves what was there; resume ends the run', async () => {
    const before = await polymath(folder, 'export', 'experts', '--to', 'before');
    assert.equal(before.code, 0, before.err);
    const child = start(folder, 'train', '--tokens', '60000', '--layers', '2');
    let err = '';
    child.stderr?.on('data', (data: Buffer) => (err += data.toString('utf8')));
    while (!err.includes('Training')) await wait(50);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 130, err);
    assert.match(err, /Stopped/);
    assert.match(err, /polymath resume run-/);
    const resumed = await polymath(folder, 'resume');
    assert.equal(resumed.code, 0, resumed.err);
    assert.match(resumed.out, /is done\. It made experts-/);
    assert.equal((await polymath(folder, 'export', 'experts', '--to', 'upper')).code, 0);
    const adapter = await readFile(join(folder, 'upper', 'A', 'adapter_config.json'), 'utf8');
    assert.deepEqual((JSON.parse(adapter) as { layers_to_transform: number[] }).layers_to_transform, [2, 3]);
  });

  it('adapters that went out as files come in elsewhere as experts, and merge into a model of their own', async () => {
    const elsewhere = ['--project', 'elsewhere'];
    const imported = await polymath(
      folder,
      'experts',
      'import',
      'before',
      '--name',
      'Travellers',
      ...elsewhere,
      '--json',
    );
    assert.equal(imported.code, 0, imported.err);
    const { id, experts } = JSON.parse(imported.out) as { id: string; experts: { letter: string }[] };
    assert.deepEqual(
      experts.map(({ letter }) => letter),
      ['A', 'B', 'C'],
    );
    assert.match((await polymath(folder, 'experts', ...elsewhere)).out, new RegExp(`${id} +Travellers +3 +8`));
    assert.match((await polymath(folder, 'experts', id, ...elsewhere)).out, /A +A +8 +16 +28: q_proj/);
    const merge = ['merge', 'a', 'C', '--weights', '0.7,0.3', '--to', 'merged', ...elsewhere];
    const merged = await polymath(folder, ...merge);
    assert.equal(merged.code, 0, merged.err);
    assert.match(merged.out, /the base model \+ 0\.7 × A \+ 0\.3 × C, in float16/);
    await writeFile(join(folder, 'merge.yaml'), 'weights: { b: 0.25 }\ndtype: bfloat16\n');
    const byFile = ['merge', '--config', 'merge.yaml', '--to', 'filed', ...elsewhere];
    assert.match((await polymath(folder, ...byFile)).out, /the base model \+ 0\.25 × B, in bfloat16/);
    assert.match((await polymath(folder, ...byFile, 'A')).err, /^The file of settings says .*\nLeave out the letters/);
    const again = await polymath(folder, ...merge);
    assert.equal(again.code, 1);
    assert.match(again.err, /merged is there already/);
    assert.equal((await polymath(folder, 'experts', id, '--remove', ...elsewhere)).code, 0);
  });

  it('doctor finds this machine fit, names a damaged project, and repairs it', async () => {
    await cp(join(folder, '.polymath'), join(folder, 'broken'), { recursive: true });
    const well = await polymath(folder, 'doctor', '--project', 'broken');
    assert.equal(well.code, 0, well.out + well.err);
    await writeFile(join(folder, 'broken', 'project.duckdb'), 'x'.repeat(20_000));
    const ill = await polymath(folder, 'doctor', '--project', 'broken');
    assert.equal(ill.code, 1);
    assert.match(ill.out, /✗ Project.*project\.duckdb/);
    const repaired = await polymath(folder, 'doctor', '--repair', '--project', 'broken');
    assert.equal(repaired.code, 0, repaired.out + repaired.err);
    assert.match((await polymath(folder, 'runs', '--project', 'broken')).out, /split +done/);
  });
});

describe('mistakes that a user can make', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function refused(message: RegExp, ...args: string[]): Promise<void> {
    const { code, err } = await polymath(folder, ...args);
    assert.equal(code, 1, err);
    assert.match(err, message);
    assert.doesNotMatch(err, /defect|at .*\.js:/, err);
  }

  it('a missing file, a folder without the files, an empty file', async () => {
    await refused(/nowhere\.jsonl/, 'split', 'nowhere.jsonl');
    await mkdir(join(folder, 'empty'));
    await refused(/empty/, 'split', 'empty');
    await writeFile(join(folder, 'empty.jsonl'), '');
    await refused(/empty\.jsonl/, 'split', 'empty.jsonl');
  });

  it('bad lines are named and left out, the rest goes on', async () => {
    const good = generatedCorpus(40);
    const invalid = Buffer.concat([Buffer.from('{"text":"caf'), Buffer.from([0xe9]), Buffer.from('"}\n')]);
    const bad = Buffer.concat([Buffer.from('{"text": broken\n{"text":"   "}\n'), invalid]);
    await writeFile(join(folder, 'bad.jsonl'), Buffer.concat([Buffer.from(good), bad]));
    const { code, err } = await polymath(folder, 'split', 'unigram', 'bad.jsonl', '--k', '2');
    assert.equal(code, 0, err);
    assert.match(err, /bad\.jsonl, line 41/);
    assert.match(err, /line 42/);
    assert.match(err, /line 43: .*UTF-8/);
    assert.match(err, /3 lines were left out/);
  });

  it('more piles than documents, and impossible options', async () => {
    await writeFile(join(folder, 'small.jsonl'), generatedCorpus(12));
    await refused(/cannot fill 50 piles/, 'split', 'small.jsonl', '--k', '50');
    const { code, err } = await polymath(folder, 'split', 'small.jsonl', '--k', 'many');
    assert.equal(code, 2);
    assert.match(err, /whole number/);
  });

  it('one huge document is read whole and cut for the model', async () => {
    const huge = JSON.stringify({ id: 'huge', text: 'the tide and the mast '.repeat(50_000) });
    await writeFile(join(folder, 'huge.jsonl'), `${generatedCorpus(30)}${huge}\n`);
    const { code, err } = await polymath(folder, 'split', 'huge.jsonl', '--k', '3', '--prefix', '16', '--rounds', '1');
    assert.equal(code, 0, err);
  });

  it('steps out of order, and a truncated or foreign model', async () => {
    await refused(/polymath split/, 'train', '--project', 'none');
    await refused(/has 4 layers, not 9/, 'train', '--layers', '9');
    await refused(/no project in/, 'ask', 'hello', '--project', 'none');
    await refused(/Run `polymath train` first/, 'ask', 'hello');
    await writeFile(join(folder, 'ask.yaml'), 'temperature: 11\n');
    await refused(/--temperature cannot be so/, 'ask', 'hello', '--config', 'ask.yaml');
    await writeFile(join(folder, 'few.jsonl'), generatedCorpus(12));
    const split = ['split', 'few.jsonl', '--k', '2', '--project', 'models', '--model'];
    await refused(/There is no model nowhere/, ...split, 'nowhere');
    await refused(/polymath models pull org\/name/, ...split, 'org/name');
    await cp(resolve('models/polymath-base'), join(folder, 'cut'), { recursive: true });
    await truncate(join(folder, 'cut', 'model.safetensors'), 100_000);
    await refused(/not a whole safetensors file/, ...split, 'cut');
    await writeFile(join(folder, 'cut', 'config.json'), '{"model_type": "mamba"}');
    await refused(/describes a mamba model/, ...split, 'cut');
  });
});
