import assert from 'node:assert/strict';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { loadSample } from '../../../backend/corpus/sample/samples';
import { datasetRecord as datasetSchema } from '../../../backend/protocol/records';
import { differentRows, differentText, Workshop, writeParquet } from './support';

describe('import of a corpus from', () => {
  let workshop: Workshop;
  beforeEach(async () => (workshop = await Workshop.open()));
  afterEach(() => workshop.close());

  it('JSONL: guessed columns, metadata, previews, and a record that the schema accepts', async () => {
    const long = `  First\t\n line${' x'.repeat(98)}🙂 and more`;
    const path = await workshop.write(
      'my corpus.jsonl',
      `\uFEFF{"id": "a", "text": ${JSON.stringify(long)}, "label": "law", "year": 1961, "tags": ["x"]}\r\n\n`,
      '{"text": "no id, \\u0000 and größer 🙂", "label": 7, "__proto__": {"polluted": true}}',
    );
    const { dataset, documents } = await workshop.importAll(path);
    assert.deepEqual(datasetSchema.parse(dataset), dataset);
    assert.deepEqual(JSON.parse(await readFile(join(workshop.datasets, dataset.id, 'dataset.json'), 'utf8')), dataset);
    assert.equal(dataset.name, 'my corpus');
    assert.deepEqual(dataset.domains.map(({ name }) => name).sort(), ['7', 'law']);
    assert.deepEqual(documents[0], {
      index: 0,
      id: 'a',
      text: long,
      // 200 units would end in half of the smiling face.
      preview: `First line${' x'.repeat(94)} x`.slice(0, 200),
      length: long.length,
      side: 'train',
      domain: 'law',
      duplicate_of: null,
      duplicate: null,
      file: 'my corpus.jsonl',
      line: 1,
      metadata: '{"year":1961,"tags":["x"]}',
      turns: null,
    });
    assert.equal(documents[1].text, 'no id, \0 and größer 🙂');
    assert.deepEqual([documents[1].id, documents[1].line, documents[1].domain], ['3', 3, '7']);
    assert.equal(documents[1].metadata, '{"__proto__":{"polluted":true}}');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('previews that never end in half a character', async () => {
    const path = await workshop.write(
      'p.jsonl',
      JSON.stringify({ text: `${'x'.repeat(199)}🙂` }),
      '\n',
      JSON.stringify({ text: `${' \n'.repeat(5000)}end` }),
    );
    const { documents } = await workshop.importAll(path);
    assert.deepEqual(
      documents.map(({ preview }) => preview),
      ['x'.repeat(199), 'end'],
    );
  });

  it('columns: the longest strings where no name tells, the named ones, and no domain where values hardly repeat', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      a: 'short',
      story: differentText(i),
      source: `url ${i}`,
      k: 'd',
    }));
    const path = await workshop.write('c.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    const guessed = await workshop.importAll(path);
    assert.equal(guessed.documents[3].text, differentText(3));
    assert.deepEqual(guessed.dataset.domains, []);
    const named = await workshop.importAll(path, { textColumn: 'a', domainColumn: 'k', idColumn: 'source' });
    assert.deepEqual(
      [named.documents[3].text, named.documents[3].id, named.documents[3].domain],
      ['short', 'url 3', 'd'],
    );
    assert.match(
      await readFailure(path, { textColumn: 'nowhere' }),
      /no column "nowhere".*"a", "story", "source", "k"/,
    );
  });

  it('a column that is called text, body or the like is one, however short its values; ids and labels are none', async () => {
    const words = [
      'yes',
      'no',
      'well done',
      'too dear',
      'fine',
      'never',
      'ok then',
      'so so',
      'bad',
      'great',
      'hm',
      'good',
    ];
    const imported = async (row: (i: number) => object): Promise<string> => {
      const path = await workshop.write('short.jsonl', words.map((_, i) => JSON.stringify(row(i))).join('\n'));
      const { dataset } = await workshop.importAll(path);
      return dataset.notes?.find((note) => note.startsWith('Columns')) ?? '';
    };
    assert.match(await imported((i) => ({ n: i, title: differentText(i), body: words[i] })), /text from `body`/);
    assert.match(await imported((i) => ({ n: i, meta: { content: words[i] } })), /text from `meta\.content`/);
    assert.match(await imported((i) => ({ body: String(i), n: i })), /text from `body`/);
    assert.match(await imported((i) => ({ document: `doc_${i}`, said: differentText(i) })), /text from `said`/);
    assert.match(await imported((i) => ({ content: words[i % 2], said: differentText(i) })), /text from `said`/);
  });

  const readFailure = async (path: string, options: Parameters<Workshop['failure']>[1]): Promise<string> => {
    const other = await Workshop.open();
    try {
      return await other.failure(path, options);
    } finally {
      await other.close();
    }
  };

  it('CSV and TSV: guessed delimiter, quotes, line breaks within fields', async () => {
    const csv = await workshop.write('a.csv', '\uFEFFid;text;genre\r\n1;"one\r\n""two""";x\r\n\r\n2;"a; b";y\r\n');
    const { documents } = await workshop.importAll(csv);
    assert.deepEqual(
      documents.map(({ id, text, domain, line }) => [id, text, domain, line]),
      [
        ['1', 'one\r\n"two"', 'x', 2],
        ['2', 'a; b', 'y', 5],
      ],
    );
    const tsv = await workshop.write('b.tsv', 'text\tnote\nfirst, one\tn\n');
    const [document] = (await workshop.importAll(tsv)).documents;
    assert.deepEqual([document.text, document.metadata], ['first, one', '{"note":"n"}']);
  });

  it('Parquet: strings, numbers, lists and hostile names', async () => {
    await workshop.write('none.txt');
    const path = workshop.path("it's [x]*.parquet");
    await writeParquet(
      path.replaceAll("'", "''"),
      `SELECT 'this is text ' || i AS content, i::BIGINT AS id, i % 2 AS label, [i, i] AS pair, {'a': 1.5} AS part, NULL AS nothing,
       ('x' || i)::BLOB AS bytes FROM range(3) t(i)`,
    );
    const { documents, dataset } = await workshop.importAll(path);
    assert.equal(dataset.source.format, 'parquet');
    assert.deepEqual(
      documents.map(({ id, text, domain, line }) => [id, text, domain, line]),
      [0, 1, 2].map((i) => [String(i), `this is text ${i}`, String(i % 2), i + 1]),
    );
    const metadata = JSON.parse(documents[2].metadata) as Record<string, unknown>;
    assert.deepEqual([metadata.nothing, metadata.bytes], [null, 'x2']);
  });

  it('a folder of text files: relative paths as ids, top folders as domains, nothing hidden, no loops', async () => {
    await workshop.write('law/b.txt', 'second');
    await workshop.write('law/deep/a 🙂.md', '\uFEFFfirst\r\n');
    await workshop.write("news/it's.markdown.gz", zlib.gzipSync('third'));
    await workshop.write('news/.hidden/x.txt', 'hidden');
    await workshop.write('node_modules/x.txt', 'module');
    await workshop.write('news/image.png', 'no text');
    await symlink('..', workshop.path('news/loop'));
    const { documents, dataset, rejections } = await workshop.importAll(join(workshop.folder, 'source'));
    assert.deepEqual(
      documents.map(({ id, text, domain, file }) => [id, text, domain, file === id]),
      [
        ['law/b.txt', 'second', 'law', true],
        ['law/deep/a 🙂.md', 'first\r\n', 'law', true],
        ["news/it's.markdown.gz", 'third', 'news', true],
      ],
    );
    assert.deepEqual([dataset.source.files, rejections], [3, []]);
  });

  it('a glob of text files, without domains where some file lies on top', async () => {
    await workshop.write('top1.txt', 'a');
    await workshop.write('x/y/in2.txt', 'b');
    await workshop.write('x/in3.md', 'c');
    const ids = async (glob: string): Promise<string[]> =>
      (await workshop.importAll(workshop.path(glob))).documents.map(({ id }) => id);
    assert.deepEqual(await ids('**/*.txt'), ['top1.txt', 'x/y/in2.txt']);
    assert.deepEqual(await ids('x/{in,out}[0-9].md'), ['in3.md']);
    const { documents } = await workshop.importAll(workshop.path('**/*?.{md,txt}'));
    assert.deepEqual(
      documents.map(({ domain }) => domain),
      [null, null, null],
    );
  });

  it('one big text: blank lines, or a separator as a person types it', async () => {
    const path = await workshop.write('big.txt', '\uFEFFone\nmore\n\n \t\ntwo\n\n\n\nthree');
    const texts = async (separator?: string): Promise<unknown[]> =>
      (await workshop.importAll(path, separator === undefined ? {} : { separator })).documents.map(({ text, line }) => [
        line,
        text,
      ]);
    assert.deepEqual(await texts(), [
      [1, 'one\nmore'],
      [5, 'two'],
      [9, 'three'],
    ]);
    await workshop.write('big.txt', 'one\r\n\r\nstill\r\n---\r\ntwo\r\n---\r\n\r\n---\r\nthree');
    assert.deepEqual(await texts('\\n---\\n'), [
      [1, 'one\r\n\r\nstill'],
      [5, 'two'],
      [9, 'three'],
    ]);
  });

  it('a file without a telling name, by its beginning', async () => {
    const path = await workshop.write('corpus', '{"text": "x"}\n');
    assert.equal((await workshop.importAll(path)).dataset.source.format, 'jsonl');
  });

  it('gzip of several members and zstd, by magic bytes and whatever the name', async () => {
    const rows = differentRows(3000);
    const half = rows.indexOf('\n', rows.length / 2) + 1;
    const gzip = Buffer.concat([zlib.gzipSync(rows.slice(0, half)), zlib.gzipSync(rows.slice(half))]);
    const plain = await workshop.importAll(await workshop.write('plain.jsonl', rows));
    const gz = await workshop.importAll(await workshop.write('packed.jsonl', gzip));
    assert.deepEqual(
      gz.documents.map(({ text }) => text),
      plain.documents.map(({ text }) => text),
    );
    const frame = zstdFrame('{"text": "zstd ünit"}\n');
    const zst = await workshop.importAll(
      await workshop.write('packed.jsonl.zst', frame, zstdFrame('{"text": "other"}\n')),
    );
    assert.deepEqual(
      zst.documents.map(({ text }) => text),
      ['zstd ünit', 'other'],
    );
    assert.equal(zst.dataset.name, 'packed');
  });

  it('a folder with given sides: kept, and leaks counted', async () => {
    await workshop.write('train.jsonl', differentRows(30), '{"text": "The leaking Text of the train side"}\n');
    await workshop.write('dev.csv', 'text\nthe  leaking text of the train side\nunseen\n');
    await workshop.write('test.jsonl.gz', zlib.gzipSync('{"text": "quite another thing"}\n'));
    await assert.rejects(workshop.import(join(workshop.folder, 'source')), /several formats: csv \(1\), jsonl \(2\)/);
    await workshop.write('valid.jsonl', '{"text": "the  leaking text of the train side"}\n{"text": "unseen"}\n');
    const { dataset, documents } = await workshop.import(join(workshop.folder, 'source'), { format: 'jsonl' });
    assert.deepEqual(dataset.documents, { total: 34, train: 31, validation: 2, test: 1 });
    assert.deepEqual([dataset.leaks, dataset.duplicates.exact], [1, 1]);
    assert.deepEqual(
      [documents[31].id, documents[31].duplicate_of, documents[31].duplicate],
      ['validation-1', 30, 'exact'],
    );
  });

  it('a folder where a side is missing: it is drawn from the training side, and said so, unless it is not wanted', async () => {
    await workshop.write('train.jsonl', differentRows(3));
    await workshop.write('test.jsonl', '{"text": "x"}\n');
    const drawn = await workshop.import(join(workshop.folder, 'source'), { validation: 0.3 });
    assert.deepEqual(drawn.dataset.documents, { total: 4, train: 2, validation: 1, test: 1 });
    assert.match(
      drawn.dataset.notes?.at(-1) ?? '',
      /^Sides by the names of files: train, test; validation drawn from train\.$/,
    );
    const { dataset } = await workshop.import(join(workshop.folder, 'source'), { validation: 0 });
    assert.deepEqual(dataset.documents, { total: 4, train: 3, validation: 0, test: 1 });
  });

  it('shards of one format, with ids that tell them apart', async () => {
    for (const i of [2, 1]) await workshop.write(`part-${i}.jsonl`, `{"text": "text of part ${i}"}\n`);
    const { documents } = await workshop.importAll(join(workshop.folder, 'source'));
    assert.deepEqual(
      documents.map(({ id }) => id),
      ['part-1.jsonl:1', 'part-2.jsonl:1'],
    );
  });

  it('a sample corpus, with its own sides', async () => {
    const corpus = await loadSample('sample:brown', 3);
    const { dataset, documents } = await workshop.import('sample:brown', { seed: 3 });
    const { train, validation, test } = corpus;
    assert.deepEqual(
      documents.map(({ id, text, domain, side }) => [id, text, domain, side]),
      Object.entries({ train, validation, test }).flatMap(([side, all]) =>
        all.map(({ id, text, domain }) => [id, text, domain, side]),
      ),
    );
    assert.deepEqual([dataset.source.path, dataset.source.files, dataset.domains.length], ['sample:brown', 500, 6]);
  });
});

/** A frame of one raw block (RFC 8878), which needs no compressor. */
function zstdFrame(text: string): Buffer {
  const content = Buffer.from(text);
  const block = Buffer.alloc(3);
  block.writeUIntLE(content.length * 8 + 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length]), block, content]);
}
