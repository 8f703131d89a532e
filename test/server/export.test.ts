import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AdapterStack, createAdapters } from '../../backend/model/adapters/adapter';
import { readConfig } from '../../backend/model/architectures/config';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { saveAdapter } from '../../backend/model/adapters/peft/save';
import { UserError } from '../../backend/base/errors';
import type { CouncilRecord } from '../../backend/protocol/councils';
import type { Given } from '../../backend/protocol/messages';
import { exportFrom } from '../../backend/server/export';
import { literal, openDatabase } from '../../backend/store/duckdb';
import type { Store } from '../../backend/store/store';
import { exampleDataset, exampleEvaluation, exampleExperts, fill, Workshop, writeDocuments } from '../store/support';
import { polymath } from '../support/program';
import { baseModel } from '../support/answerers';
import { evolutionExample, examExample, perplexityExample, sweepExample } from '../webview/example-tables';

type What = Given<'export'>['what'];
type Format = Given<'export'>['format'];

interface Label {
  readonly index: number;
  readonly id: string;
  readonly pile: string;
  readonly pile_name: string;
  readonly domain: string;
}

describe('what is exported', () => {
  const workshop = new Workshop();
  const clustering = 'split-example';
  const piles = ['law', 'news', 'code'];
  /** Documents of a dataset that takes a while to write. */
  const large = 20_000;
  let store: Store;
  /** A folder of its own for each test. */
  let place: string;
  let adapters: AdapterStack;
  let council: CouncilRecord;
  let tests = 0;

  before(async () => {
    await workshop.begin();
    store = await workshop.open(workshop.folder(`it's day=1 [x] 🧪`));
    await fill(store);
    await writeDocuments(store.folder);
    const documents = { ...exampleDataset().documents, total: large };
    await store.datasets.add(exampleDataset({ id: 'data-larger', documents }));
    await writeDocuments(store.folder, 'data-larger', large);
    const config = await readConfig(join(baseModel, 'config.json'));
    adapters = createAdapters(config, { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] }, { count: 2, seed: 1 });
    adapters.parameters.data.forEach((_, i, all) => (all[i] = Math.sin(i)));
    for (const [expert, letter] of ['A', 'B'].entries()) {
      await saveAdapter(adapters, expert, join(store.experts.folderOf('experts-example'), letter), 'polymath-base');
    }
    await store.experts.add(exampleExperts());
    await store.evaluations.add(exampleEvaluation);
    const members = [{ letter: 'A', role: 'You know "law".\n' }];
    council = await store.councils.add({ name: 'jury', experts: 'experts-example', instruction: 'Größe', members });
  });

  after(() => workshop.end());

  beforeEach(async () => {
    place = join(dirname(store.folder), `exports ${tests++}`);
    await mkdir(place);
  });

  const write = (what: What, id: string, format: Format, path: string): ReturnType<typeof exportFrom> =>
    exportFrom(store, { what, id, format, path });

  /** The rows of a file as DuckDB reads it. */
  async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
    const instance = await openDatabase({ memory: 100 });
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(`FROM read_parquet(${literal(path)}, hive_partitioning = false)`);
    connection.closeSync();
    instance.closeSync();
    return reader.getRowObjectsJS();
  }

  const linesOf = async (path: string): Promise<unknown[]> =>
    (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));

  it('experts: a folder for each in the format of PEFT, which can be loaded', async () => {
    const path = join(place, 'new', 'adapters');
    const { files, bytes } = await write('experts', 'experts-example', 'peft', path);
    const names = ['adapter_config.json', 'adapter_model.safetensors'];
    assert.deepEqual(files.sort(), [
      ...names.map((name) => join(path, 'A', name)),
      ...names.map((name) => join(path, 'B', name)),
    ]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    assert.equal(
      bytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    for (const [expert, letter] of ['A', 'B'].entries()) {
      const loaded = await loadAdapter(join(path, letter), adapters.config);
      for (const { name } of adapters.parameters.places) {
        assert.deepEqual(loaded.share(name, 0), adapters.share(name, expert));
      }
    }
  });

  it('labels: every document with its pile as people left it, the same in each format', async () => {
    const move = (index: number, version: number, to: number): Promise<unknown> =>
      store.labels.move(clustering, [{ index, version }], to);
    await move(0, 0, 2);
    await move(1, 0, 2);
    await store.labels.undo(clustering);
    const name = 'news, "old"; it\'s\nGröße 🧪';
    await store.piles.rename(clustering, 1, name);
    const indices = Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 < 8);
    const expected = indices.map((index): Label => {
      const pile = index === 0 ? 2 : index % 3;
      const domain = index % 2 === 0 ? 'law' : 'größer 🙂';
      return { index, id: `doc-${index}`, pile: 'ABC'[pile], pile_name: pile === 1 ? name : piles[pile], domain };
    });
    const paths = Object.fromEntries(
      ['jsonl', 'csv', 'parquet'].map((format) => [format, join(place, `labels.${format}`)]),
    );
    for (const [format, path] of Object.entries(paths)) {
      const { files, bytes } = await write('labels', clustering, format as Format, path);
      assert.deepEqual([files, bytes], [[path], (await stat(path)).size]);
    }
    assert.deepEqual(await linesOf(paths.jsonl), expected);
    assert.deepEqual(await rowsOf(paths.parquet), expected);
    const csv: Label[] = parse(await readFile(paths.csv), { columns: true });
    assert.deepEqual(
      csv.map((row) => ({ ...row, index: Number(row.index) })),
      expected,
    );
    assert.deepEqual((await readdir(place)).sort(), ['labels.csv', 'labels.jsonl', 'labels.parquet']);
  });

  it('dataset: all documents in order with their texts and what else was known of them', async () => {
    const path = join(place, 'dataset.jsonl');
    await write('dataset', 'data-example', 'jsonl', path);
    const lines = (await linesOf(path)) as Record<string, unknown>[];
    assert.equal(lines.length, 100);
    const { text } = await store.documents.get('data-example', 7);
    assert.deepEqual(lines[7], {
      index: 7,
      id: 'doc-7',
      text,
      side: 'train',
      domain: 'größer 🙂',
      duplicate_of: null,
      duplicate: null,
      file: 'corpus.jsonl',
      line: 8,
      metadata: { page: 7 },
    });
    const parquet = join(place, 'dataset.parquet');
    await write('dataset', 'data-example', 'parquet', parquet);
    const rows = await rowsOf(parquet);
    assert.deepEqual(
      rows.map(({ index, text }) => [index, text]),
      lines.map(({ index, text }) => [index, text]),
    );
    assert.deepEqual(Object.keys(rows[0]), Object.keys(lines[0]));
  });

  it('an evaluation and a council: their records', async () => {
    await write('evaluation', 'eval-example', 'json', join(place, 'scores.json'));
    assert.deepEqual(JSON.parse(await readFile(join(place, 'scores.json'), 'utf8')), exampleEvaluation);
    await write('council', council.id, 'json', join(place, 'council.json'));
    assert.deepEqual(JSON.parse(await readFile(join(place, 'council.json'), 'utf8')), council);
  });

  it('an evaluation of every kind: its table as Markdown, a line for each of its rows', async () => {
    const results = {
      perplexity: [perplexityExample, perplexityExample.systems.length],
      exam: [examExample(), examExample().rows.length],
      evolution: [evolutionExample(), evolutionExample().candidates.length],
      sweep: [sweepExample, sweepExample.lines.length],
    } as const;
    for (const kind of Object.keys(results) as (keyof typeof results)[]) {
      const [result, rows] = results[kind];
      await store.evaluations.add({ ...exampleEvaluation, id: `eval-of${kind}`, kind, result });
      await write('evaluation', `eval-of${kind}`, 'md', join(place, `${kind}.md`));
      const lines = (await readFile(join(place, `${kind}.md`), 'utf8')).split('\n');
      // Titles and a rule are two more.
      assert.equal(lines.filter((line) => line.startsWith('| ')).length, rows + 2, kind);
      assert.ok(lines.some((line) => line.startsWith('How this was made:')));
    }
  });

  it('nothing that is there is overwritten: a file, a folder, a link that leads nowhere', async () => {
    const paths = ['file', 'folder', 'link'].map((name) => join(place, name));
    await writeFile(paths[0], 'mine');
    await mkdir(paths[1]);
    await symlink('nowhere', paths[2]);
    for (const path of paths) {
      for (const [what, id, format] of [
        ['experts', 'experts-example', 'peft'],
        ['labels', clustering, 'csv'],
        ['council', council.id, 'json'],
      ] as const) {
        await assert.rejects(write(what, id, format, path), (error) => {
          assert.ok(error instanceof UserError && error.message.includes(path), String(error));
          return /is there already/.test(error.message);
        });
      }
    }
    assert.equal(await readFile(paths[0], 'utf8'), 'mine');
    assert.deepEqual(await readdir(paths[1]), []);
    assert.equal(await readlink(paths[2]), 'nowhere');
    assert.deepEqual((await readdir(place)).sort(), ['file', 'folder', 'link']);
  });

  it('two exports to one place at once: what is there in the end is whole', async () => {
    const path = join(place, 'dataset.jsonl');
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => write('dataset', 'data-larger', 'jsonl', path)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.match(String(outcome.reason), /is there already/);
    }
    const indices = ((await linesOf(path)) as { index: number }[]).map(({ index }) => index);
    assert.deepEqual(
      indices,
      Array.from({ length: large }, (_, i) => i),
    );
    assert.deepEqual(await readdir(place), ['dataset.jsonl']);
  });

  /** Fails with an error of the user's that names the cause, and leaves the folder as it was. */
  async function fails(cause: RegExp, ...given: Parameters<typeof write>): Promise<void> {
    const before = await readdir(place, { recursive: true });
    await assert.rejects(write(...given), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, cause);
      assert.ok(error.next.length > 10);
      return true;
    });
    assert.deepEqual(await readdir(place, { recursive: true }), before);
  }

  it('a failing export leaves nothing behind: of what does not exist, or in a format that it does not have', async () => {
    const path = join(place, 'new', 'deep', 'export');
    await fails(/no split split-nothing/, 'labels', 'split-nothing', 'csv', path);
    await fails(/no set of experts/, 'experts', '../../etc', 'peft', path);
    await fails(/no export of labels as peft/, 'labels', clustering, 'peft', path);
    await fails(/no export of council as csv/, 'council', council.id, 'csv', path);
  });

  it('a failing export leaves nothing behind: to where nothing can be written', async () => {
    await writeFile(join(place, 'file'), '');
    const below = join(place, 'file', 'labels.csv');
    await fails(/labels\.csv was not written: E(NOTDIR|EXIST)/, 'labels', clustering, 'csv', below);
    const long = join(place, 'new', 'x'.repeat(255));
    await fails(/was not written: ENAMETOOLONG/, 'experts', 'experts-example', 'peft', long);
    await fails(/was not written: .*too long/i, 'labels', clustering, 'csv', long);
    await fails(/was not written: ENAMETOOLONG/, 'council', council.id, 'json', long);
  });

  it('a failing export leaves nothing behind: of a dataset whose file is damaged in the middle, or missing', async () => {
    const file = join(store.datasets.folderOf('data-larger'), 'documents.parquet');
    const bytes = await readFile(file);
    bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 5000);
    await writeFile(file, bytes);
    for (const format of ['jsonl', 'csv', 'parquet'] as const) {
      await fails(/documents\.parquet is damaged/, 'dataset', 'data-larger', format, join(place, 'new', 'dataset'));
    }
    await rm(file);
    await fails(/documents\.parquet is missing/, 'dataset', 'data-larger', 'csv', join(place, 'dataset.csv'));
  });

  it('by the command line: to a path from where it was called, in the format of its ending', async () => {
    await store.close();
    const project = ['--project', store.folder];
    const exporting = await polymath(place, 'export', 'labels', '--to', join('out', 'labels.csv'), ...project);
    assert.equal(exporting.code, 0, exporting.err);
    const rows: Label[] = parse(await readFile(join(place, 'out', 'labels.csv')), { columns: true });
    assert.equal(rows.length, 80);
    const again = await polymath(place, 'export', 'labels', '--to', join('out', 'labels.csv'), ...project);
    assert.equal(again.code, 1);
    assert.match(again.err, /is there already/);
  });
});
