import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CompressionType,
  compressionRegistry,
  Field,
  List,
  RecordBatchFileWriter,
  Struct,
  Table,
  tableFromArrays,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { differentText, Workshop, writeParquet } from './support';

describe('what people bring:', () => {
  let workshop: Workshop;
  beforeEach(async () => (workshop = await Workshop.open()));
  afterEach(() => workshop.close());

  const texts = [0, 1, 2].map(differentText);
  /** Texts, rejections and notes of a file with this content. */
  const read = async (
    name: string,
    content: string,
    options: Parameters<Workshop['importAll']>[1] = {},
  ): Promise<{ found: string[]; rejections: readonly string[]; notes: string }> => {
    const { documents, rejections, dataset } = await workshop.importAll(await workshop.write(name, content), options);
    return { found: documents.map(({ text }) => text), rejections, notes: (dataset.notes ?? []).join(' ') };
  };
  const source = (): string => join(workshop.folder, 'source');
  const objects = texts.map((text) => ({ text }));

  it('JSON as a list, over several lines, in a wrapper, in wrappers within lists', async () => {
    const forms: [string, RegExp][] = [
      [JSON.stringify(objects), /a list of records/],
      [JSON.stringify(objects, undefined, 2), /a list of records/],
      [`\uFEFF[\n${objects.map((object) => JSON.stringify(object)).join(',\n')}\n]\n`, /a list of records/],
      [
        objects.map((object) => JSON.stringify(object, undefined, 2)).join('\n'),
        /^Read: 1 JSON file\. Columns: text from `text`\.$/,
      ],
      [objects.map((object) => JSON.stringify(object)).join(''), /Columns: text/],
      [JSON.stringify({ version: 1, more: { rows: objects } }), /the list `more\.rows`; not read beside it: `version`/],
      [
        JSON.stringify({ data: texts.map((context) => ({ title: 't', paragraphs: [{ context, qas: [] }] })) }),
        /the list `data\[\]\.paragraphs`.*text from `context`/,
      ],
      [JSON.stringify(texts), /texts that are JSON strings/],
      [texts.map((text) => JSON.stringify(text)).join('\n'), /texts that are JSON strings/],
    ];
    for (const [content, notes] of forms) {
      const result = await read('f.json', content);
      assert.deepEqual(result.found, texts, content.slice(0, 80));
      assert.deepEqual(result.rejections, []);
      assert.match(result.notes, notes);
    }
  });

  it('a broken value of JSON costs itself, by name; what cannot be read on is one error', async () => {
    const [a, b, c] = objects.map((object) => JSON.stringify(object));
    const trailing = await read('f.json', `[\n${a},\n${b},\n]\n`);
    assert.deepEqual(
      [trailing.found, trailing.rejections],
      [texts.slice(0, 2), ['f.json:4 not valid JSON: a comma before the end of the list']],
    );
    const pretty = JSON.stringify(objects, undefined, 2).replace('"text": "', '"text": oops "');
    const broken = await read('f.json', pretty);
    assert.deepEqual(broken.found, texts.slice(1));
    assert.match(broken.rejections.join(), /^f\.json:2 not valid JSON: /);
    const cut = await read('f.json', `[\n${a},\n${b},\n${c.slice(0, 20)}`);
    assert.deepEqual(cut.found, texts.slice(0, 2));
    assert.deepEqual(cut.rejections.length, 2);
    const missing = await read('f.json', `[${a} ${b}, ${c}]`);
    assert.deepEqual(
      [missing.found, missing.rejections],
      [texts, ['f.json:1 not valid JSON: no comma before this value']],
    );
    const after = await read('f.jsonl', `${a} and more\n${b}\n`);
    assert.deepEqual([after.found, after.rejections.length], [[texts[1]], 1]);
  });

  it('NaN and infinities are null, and integers are kept to the digit', async () => {
    const { documents } = await workshop.importAll(
      await workshop.write(
        'n.jsonl',
        `{"id": 9007199254740993, "text": "NaN \\" Infinity 12345678901234567890", "x": [NaN, -Infinity, 1.5, -12345678901234567890]}\n`,
      ),
    );
    assert.deepEqual(
      [documents[0].id, documents[0].text, documents[0].metadata],
      ['9007199254740993', 'NaN " Infinity 12345678901234567890', '{"x":[null,null,1.5,"-12345678901234567890"]}'],
    );
  });

  it('what is no list of records is named: several lists, columns, descriptions, pointers', async () => {
    const cases: [string, string, RegExp][] = [
      ['two.json', JSON.stringify({ train: objects, test: objects }), /several lists of records: `train`, `test`/],
      ['columns.json', JSON.stringify({ text: texts, n: [1, 2, 3] }), /for each column.*orient='records'/],
      ['pandas.json', JSON.stringify({ text: { 0: 'a', 1: 'b' }, n: { 0: 1, 1: 2 } }), /for each column/],
      ['state.json', '{"_data_files": [{"filename": "data.arrow"}]}', /describes a dataset.*Import the folder/],
      [
        'p.jsonl',
        'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n',
        /pointer of Git LFS.*git lfs pull/,
      ],
      [
        'p.parquet',
        'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n',
        /pointer of Git LFS.*git lfs pull/,
      ],
    ];
    for (const [name, content, message] of cases)
      assert.match(await workshop.failure(await workshop.write(name, content)), message);
  });

  it('ids and short values that all differ are no texts; texts within fields are', async () => {
    const rows = texts.map((text, i) =>
      JSON.stringify({ id: `${i}`, fields: { text }, url: `https://example.org/${'x'.repeat(200)}${i}` }),
    );
    const nested = await read('f.jsonl', rows.join('\n'));
    assert.deepEqual(nested.found, texts);
    assert.match(nested.notes, /text from `fields\.text`; id from `id`\. Not read, kept as metadata: `url`/);
    const titled = await read(
      'f.csv',
      `text,text,id\n${texts.map((text, i) => `title ${i},"${text}",${i}`).join('\n')}\n`,
    );
    assert.deepEqual(titled.found, texts);
    assert.match(titled.notes, /columns of the same name are called `text\.1`.*text from `text\.1`/);
    const ids = await workshop.write(
      'ids.jsonl',
      ['a1', 'b2', 'c3'].map((name) => JSON.stringify({ document: name, n: 3 })).join('\n'),
    );
    await rm(workshop.datasets, { recursive: true });
    assert.match(await workshop.failure(ids), /No column holds texts.*"document", "n"/);
  });

  it('dialects of CSV: the line sep=, backslashes, spaces before quotes, CR alone, tabs with stray quotes', async () => {
    const quoted = texts.map((text) => `${text}, he said "so"`);
    const csv = (quote: (text: string) => string, end = '\n', first = 'id,text'): string =>
      [first, ...quoted.map((text, i) => `${i},${quote(text)}`), ''].join(end);
    const doubled = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const cases: [string, string, RegExp][] = [
      ['f.csv', csv((text) => `"${text.replaceAll('"', '\\"')}"`), /backslashes escape its quotes/],
      ['f.csv', csv((text) => ` ${doubled(text)}`), /spaces stand before its quotes/],
      ['f.csv', csv(doubled, '\r'), /CR alone ends its lines/],
      [
        'f.csv',
        `sep=;\r\n${csv(doubled, '\r\n').replaceAll(/^(\w+),/gm, '$1;')}`,
        /its first line says that semicolons part the fields/,
      ],
      ['f.tsv', csv((text) => `"${text}`).replaceAll(/^(\w+),/gm, '$1\t'), /quotes are ordinary characters/],
    ];
    for (const [name, content, notes] of cases) {
      const result = await read(name, content);
      assert.deepEqual(
        result.found.map((text) => text.replace(/^"/, '')),
        quoted,
        content.slice(0, 60),
      );
      assert.deepEqual(result.rejections, []);
      assert.match(result.notes, notes);
    }
  });

  it('a first row that looks like data is asked about', async () => {
    const content = texts.map((text, i) => `${i},${text}\n`).join('');
    assert.match(await workshop.failure(await workshop.write('h.csv', content)), /looks like data.*"0".*\{header\}/);
    assert.deepEqual((await read('h.csv', content, { header: false })).found, texts);
    assert.deepEqual((await read('h.csv', content, { header: true, textColumn: texts[0] })).found, texts.slice(1));
  });

  it('a folder of tables is a dataset, with its splits as sides; README and LICENSE are none of it', async () => {
    await workshop.write('README.md', 'about');
    await workshop.write('LICENSE', 'free');
    await workshop.write('dataset_infos.json', '{}');
    await workshop.write('.git/config', 'x');
    await workshop.write('plot.png', 'x');
    await workshop.write('data/x', '');
    const parquet = (name: string, from: number): Promise<void> =>
      writeParquet(
        workshop.path(name),
        `SELECT 'the long text of row ' || i AS text FROM range(${from}, ${from + 4}) t(i)`,
      );
    await parquet('data/train-00000-of-00002-0a1b2c3d.parquet', 0);
    await parquet('data/train-00001-of-00002-0a1b2c3d.parquet', 10);
    await parquet('data/test-00000-of-00001.parquet', 20);
    const { dataset } = await workshop.import(source(), { nearDuplicates: 0 });
    assert.deepEqual(dataset.documents, { total: 12, train: 7, validation: 1, test: 4 });
    const notes = (dataset.notes ?? []).join(' ');
    assert.match(notes, /Read: 3 Parquet files\..*Files not read: README\.md: about the data; /);
    assert.match(
      notes,
      /files? with other endings? \(.*\.png 1.*folders of programs: \.git.*validation drawn from train/,
    );
    await workshop.write('notes.txt', 'a text of its own');
    await rm(workshop.datasets, { recursive: true });
    assert.match(
      await workshop.failure(source()),
      /several formats: parquet \(3\), files \(1: \.txt\)\. Say which to read: \{format\} parquet or \{format\} files/,
    );
  });

  it('a dataset that `datasets` saved: Arrow in folders of the sides', async () => {
    const arrow = (from: number): Uint8Array =>
      tableToIPC(
        tableFromArrays({ text: texts.map((text) => `${from} ${text}`), n: BigInt64Array.from([1n, 2n ** 60n, 3n]) }),
        'stream',
      );
    await workshop.write('dataset_dict.json', '{"splits": ["train", "test"]}');
    for (const [i, side] of ['train', 'test'].entries()) {
      await workshop.write(`${side}/state.json`, '{"_data_files": []}');
      await workshop.write(`${side}/cache-1234.arrow`, 'old');
      await workshop.write(`${side}/data-00000-of-00001.arrow`, arrow(i));
    }
    const { dataset, documents } = await workshop.import(source(), { validation: 0 });
    assert.deepEqual(dataset.documents, { total: 6, train: 3, validation: 0, test: 3 });
    assert.deepEqual(
      documents.map(({ text }) => text),
      [...texts.map((text) => `0 ${text}`), ...texts.map((text) => `1 ${text}`)],
    );
    assert.equal(documents[1].metadata, `{"n":"${2n ** 60n}"}`);
    const turn = new Struct<{ role: Utf8; content: Utf8 }>([
      new Field('role', new Utf8()),
      new Field('content', new Utf8()),
    ]);
    const turns = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a' },
    ];
    const messages = vectorFromArray([turns], new List(new Field('item', turn)));
    const talk = await workshop.importAll(
      await workshop.write('talk.arrow', tableToIPC(new Table({ messages }), 'stream')),
    );
    assert.deepEqual(JSON.parse(talk.documents[0].turns ?? ''), turns);
    compressionRegistry.set(CompressionType.LZ4_FRAME, { encode: () => Uint8Array.of(4, 34, 77, 24, 64, 64, 192) });
    const writer = new RecordBatchFileWriter({ compressionType: CompressionType.LZ4_FRAME });
    writer.write(tableFromArrays({ text: texts.map((text) => text.repeat(20)) }));
    await workshop.write('lz4.feather', writer.finish().toUint8Array(true));
    await assert.rejects(workshop.importAll(workshop.path('lz4.feather')), /compressed with LZ4, which is not read/);
    await workshop.write('alone.arrow', tableToIPC(tableFromArrays({ text: texts }), 'file'));
    assert.deepEqual(
      (await workshop.importAll(workshop.path('alone.arrow'))).documents.map(({ text }) => text),
      texts,
    );
  });

  it('a folder or a glob of code: each file a text, and what is passed over counted by its ending', async () => {
    await workshop.write('src/a.py', 'print("a")');
    await workshop.write('docs/b.rst', 'B\n=');
    await workshop.write('docs/c.bin', 'x');
    const { documents, dataset } = await workshop.importAll(source());
    assert.deepEqual(
      documents.map(({ id, domain }) => [id, domain]),
      [
        ['docs/b.rst', 'docs'],
        ['src/a.py', 'src'],
      ],
    );
    assert.match((dataset.notes ?? []).join(' '), /Read: 2 text files\..*1 file with another ending \(\.bin 1\)/);
    assert.deepEqual(
      (await workshop.importAll(workshop.path('**/*.py'))).documents.map(({ id }) => id),
      ['src/a.py'],
    );
  });

  it('domains with the names of properties of all objects', async () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
    const { dataset } = await workshop.importAll(
      await workshop.write(
        'd.jsonl',
        names.map((domain, i) => JSON.stringify({ text: differentText(i), domain })).join('\n'),
      ),
    );
    assert.deepEqual(
      dataset.domains.map(({ name }) => name),
      names,
    );
  });

  it('one huge text and texts that repeat themselves are told, as is how many there were in the end', async () => {
    const stages: string[] = [];
    const ends = new Map<string, boolean>();
    const path = await workshop.write(
      'w.jsonl',
      [differentText(0).repeat(3), 'the same again and '.repeat(200), ...texts]
        .map((text) => JSON.stringify({ text }))
        .join('\n'),
      '\n{}\n',
    );
    const { dataset } = await workshop.import(path, { validation: 0, test: 0 }, ({ stage, note = '', done, total }) => {
      ends.set(stage, done === total);
      stages.push(`${stage}: ${note} ${done === total}`);
    });
    assert.deepEqual([...ends.values()], [true, true, true]);
    assert.match(dataset.warnings?.[0] ?? '', /^One text is \d\d % of all texts by its length: w\.jsonl, line 2\.$/);
    assert.equal(dataset.warnings?.[1], '1 text repeats itself over and over: w.jsonl, line 2.');
    assert.equal(
      stages.filter((stage) => stage.startsWith('Reading')).at(-1),
      'Reading documents: 5 documents, 1 rejected true',
    );
  });
});
