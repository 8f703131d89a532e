import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { openBytes } from '../../../backend/corpus/import/bytes';
import { readLines } from '../../../backend/corpus/import/lines';
import { readPieces } from '../../../backend/corpus/import/text';
import { UserError } from '../../../backend/base/errors';
import { importOptions } from '../../../backend/kinds/import/work-options';
import { importKind } from '../../../backend/kinds/import/spec';
import { specOf } from '../../../backend/kinds/read-spec';
import { importCorpus } from '../../../backend/corpus/import/import-corpus';
import { differentRows, Workshop } from './support';

describe('import of bad input', () => {
  let workshop: Workshop;
  beforeEach(async () => (workshop = await Workshop.open()));
  afterEach(() => workshop.close());

  it('JSONL: keeps the good lines, and reports each bad one with file, line and reason', async () => {
    const deep = `{"text": "deep", "x": ${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`;
    const path = await workshop.write(
      'mixed.jsonl',
      '{"id": "a", "text": "first", "domain": "law"}\r\n{"id": "a", "text": "same id"}\n{"id": "a", "text": "third"}\n\n',
      '{"text": "cut off\n["no object"]\n3\n{"text": "  \\n "}\n{"body": "elsewhere"}\n{"text": 7}\n',
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      '{"text": "half \\ud83d"}\n{"text": "x", "id": []}\n{"text": "y", "id": "\\udc00"}\n',
      deep,
      '{"text": "last", "id": "a#2"',
      '}',
    );
    const { dataset, documents, rejections } = await workshop.importAll(path);
    assert.deepEqual(
      documents.map(({ id, text, line }) => [id, text, line]).filter(([, text]) => text !== 'deep'),
      [
        ['a', 'first', 1],
        ['a#2', 'same id', 2],
        ['a#3', 'third', 3],
        ['a#2#2', 'last', 16],
      ],
    );
    assert.equal(dataset.renamed, 3);
    assert.match(rejections[0], /^mixed\.jsonl:5 not valid JSON: /);
    assert.deepEqual(rejections.slice(1, 10), [
      'mixed.jsonl:6 not a JSON object',
      'mixed.jsonl:7 not a JSON object',
      'mixed.jsonl:8 empty text',
      'mixed.jsonl:9 no field "text"',
      'mixed.jsonl:10 field "text" is not a string',
      'mixed.jsonl:11 not valid UTF-8',
      'mixed.jsonl:12 field "text" holds half of a surrogate pair',
      'mixed.jsonl:13 field "id" is neither a string nor a number',
      'mixed.jsonl:14 field "id" holds half of a surrogate pair',
    ]);
  });

  it('many documents of one id: each gets its own, soon', async () => {
    const { dataset, documents } = await workshop.importAll(
      await workshop.write('same.jsonl', ...Array.from({ length: 5000 }, (_, i) => `{"id": "x", "text": "t ${i}"}\n`)),
      { nearDuplicates: 0 },
    );
    assert.equal(dataset.renamed, 4999);
    assert.equal(new Set(documents.map(({ id }) => id)).size, 5000);
    assert.equal(documents[4999].id, 'x#5000');
  });

  it('no source, no file in it, nothing in the file: says what to do', async () => {
    const empty = workshop.path('empty');
    await mkdir(empty, { recursive: true });
    await workshop.write('empty/image.png', 'x');
    const cases: [string, RegExp][] = [
      [workshop.path('missing.jsonl'), /There is no file or folder/],
      [empty, /holds no file that can be imported/],
      [workshop.path('nothing*.jsonl'), /holds no file that can be imported/],
      [await workshop.write('empty.jsonl', '\n \n'), /is empty/],
      [await workshop.write('zero.csv'), /is empty/],
      [await workshop.write('header.csv', 'a,text\n'), /is empty/],
      [
        await workshop.write('list.jsonl', '[{"text": "x"}, {"text": }, {"text": "y"}]'),
        /Line 1 holds a list that is not valid JSON: .*Where its next record begins cannot be known/,
      ],
      [await workshop.write('numbers.jsonl', '{"a": 1}\n'), /No column holds texts\. The columns are: "a"/],
      [await workshop.write('what.bin', '\0\u0001\u0002'), /Neither the name .* tells its format/],
      ['nul\0', /NUL character/],
    ];
    for (const [path, message] of cases) assert.match(await workshop.failure(path), message);
  });

  it('pipes are refused, never opened, alone and in a folder; so are broken links', async function () {
    if (process.platform === 'win32') this.skip();
    await workshop.write('good.txt', 'good');
    execFileSync('mkfifo', [workshop.path('pipe.txt')]);
    await symlink('nowhere', workshop.path('gone.md'));
    assert.match(await workshop.failure(workshop.path('pipe.txt')), /is not a regular file/);
    const { documents, rejections } = await workshop.importAll(join(workshop.folder, 'source'));
    assert.deepEqual(
      documents.map(({ id }) => id),
      ['good.txt'],
    );
    assert.deepEqual(
      rejections.map((text) => text.replace(/ENOENT.*/, 'ENOENT')),
      ['gone.md:1 cannot be read: ENOENT', 'pipe.txt:1 not a regular file'],
    );
  });

  it('files without permission', async function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) this.skip();
    const path = await workshop.write('secret.jsonl', '{"text": "x"}\n');
    await chmod(path, 0);
    assert.match(await workshop.failure(path), /cannot be read: EACCES/);
  });

  it('another encoding is named with the way to convert it', async () => {
    const text = 'id,text\n1,größer und schöner\n2,weiß\n3,süß\n';
    const cases: [string, Uint8Array, RegExp][] = [
      ['bom.csv', Buffer.from(`\uFEFF${text}`, 'utf16le'), /is UTF-16.*iconv -f UTF-16 /],
      ['plain.csv', Buffer.from(text, 'utf16le'), /is UTF-16.*iconv -f UTF-16LE/],
      ['latin.csv', Buffer.from(text, 'latin1'), /8-bit encoding such as Windows-1252.*iconv/],
    ];
    for (const [name, bytes, message] of cases) {
      assert.match(await workshop.failure(await workshop.write(name, bytes)), message);
    }
    await workshop.write('folder/good.txt', 'good');
    await workshop.write('folder/wide.txt', Buffer.from('\uFEFFwide', 'utf16le'));
    const { rejections } = await workshop.importAll(workshop.path('folder'));
    assert.deepEqual(rejections, ['wide.txt:1 not valid UTF-8: it is UTF-16']);
  });

  it('records longer than the limit are rejected, and little of them is kept', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('short\n');
      for (let i = 0; i < 100; i++) yield await Promise.resolve(Buffer.alloc(1000, 'x'));
      yield Buffer.from('\n\n---\nlast');
    }
    const lines = [];
    for await (const line of readLines(chunks(), { maxBytes: 2000 }))
      lines.push('reason' in line ? line.reason : line.text);
    assert.deepEqual(lines, ['short', 'longer than 2000 bytes', '', '---', 'last']);
    const pieces = [];
    for await (const piece of readPieces(chunks(), '\n---\n', 2000)) pieces.push(piece);
    assert.deepEqual(pieces, [
      { line: 1, reason: 'longer than 2000 bytes' },
      { line: 5, fields: { text: 'last' } },
    ]);
  });

  it('one line of more than 64 MiB', async () => {
    const path = await workshop.write(
      'long.jsonl',
      '{"text": "before"}\n"',
      Buffer.alloc(64 * 2 ** 20, 'x'),
      '"\n{"text": "after"}\n',
    );
    const { documents, rejections } = await workshop.importAll(path);
    assert.deepEqual(
      documents.map(({ text }) => text),
      ['before', 'after'],
    );
    assert.deepEqual(rejections, ['long.jsonl:2 longer than 64 MiB']);
  });

  it('compressed files: cut short, damaged, and bombs', async () => {
    const whole = zlib.gzipSync(differentRows(2000));
    assert.match(
      await workshop.failure(await workshop.write('cut.jsonl.gz', whole.subarray(0, -100))),
      /cut short or damaged/,
    );
    const flipped = Buffer.from(whole);
    flipped[whole.length / 2] ^= 0xff;
    assert.match(await workshop.failure(await workshop.write('flip.jsonl.gz', flipped)), /cut short or damaged/);
    const zstd = await workshop.write('cut.jsonl.zst', Buffer.from('28b52ffd2010', 'hex'));
    assert.match(await workshop.failure(zstd), /cut short or damaged/);
    const window = await workshop.write(
      'window.jsonl.zst',
      Buffer.from('28b52ffd00f000000000000000000000000000000000', 'hex'),
    );
    assert.match(await workshop.failure(window), /cut short or damaged: .*window/i);

    // Blocks of 4 bytes that stand for 128 KiB each.
    const rle = Buffer.from([0x02 + (((2 ** 17) << 3) & 0xff), ((2 ** 17) >> 5) & 0xff, (2 ** 17) >> 13, 0x20]);
    const bombs = {
      'bomb.gz': zlib.gzipSync(Buffer.alloc(8 * 2 ** 20)),
      'bomb.zst': Buffer.concat([Buffer.from('28b52ffd0040', 'hex'), ...Array<Buffer>(4000).fill(rle)]),
    };
    for (const [name, bytes] of Object.entries(bombs)) {
      const { chunks } = await openBytes(await workshop.write(name, bytes), { ratio: 200, free: 2 ** 20 });
      let made = 0;
      await assert.rejects(
        async () => {
          for await (const chunk of chunks) made += chunk.length;
        },
        (error) => error instanceof UserError && /holds more than 200 times its size/.test(error.message),
      );
      assert(made < 64 * 2 ** 20, `${name} gave ${made} bytes`);
    }
  });

  it('a file that grows while it is read', async () => {
    const path = await workshop.write('growing.jsonl', differentRows(50));
    const spec = importOptions(specOf(importKind, { source: path, nearDuplicates: 0.8 }));
    let grown: Promise<string> | undefined;
    const report = ({ stage }: { stage: string }): void => {
      if (stage === 'Reading documents') grown ??= workshop.write('growing.jsonl', differentRows(60));
    };
    const big = workshop.write('growing.jsonl', differentRows(60_000));
    await big;
    await assert.rejects(
      importCorpus(spec, workshop.datasets, { report, signal: new AbortController().signal }),
      /growing\.jsonl changed while it was read/,
    );
    await grown;
  });

  it('a file that is deleted between two others, while they are read', async () => {
    for (const name of ['a', 'b', 'c']) await workshop.write(`${name}.txt`, `the text of ${name}`);
    const source = join(workshop.folder, 'source');
    const deleting = ({ stage }: { readonly stage: string }): void => {
      if (stage === 'Reading documents') rmSync(workshop.path('b.txt'), { force: true });
    };
    await assert.rejects(
      workshop.import(source, { validation: 0, test: 0 }, deleting),
      /b\.txt was deleted while it was read/,
    );
  });

  it('domains that are none, and shares that leave nothing', async () => {
    const rows = Array.from({ length: 10_100 }, (_, i) => `{"text": "text ${i}", "url": "u${i}"}\n`);
    const path = await workshop.write('urls.jsonl', ...rows);
    assert.match(await workshop.failure(path, { domainColumn: 'url', nearDuplicates: 0 }), /"url" has more than 10000/);
    assert.match(await workshop.failure(path, { validation: 0.6, test: 0.5 }), /leave no documents to train on/);
  });
});
