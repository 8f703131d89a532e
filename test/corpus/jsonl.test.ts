import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readJsonl } from '../../backend/corpus/jsonl';
import { readLines, type LineContent } from '../../backend/corpus/lines';
import { loadCorpus } from '../../backend/corpus/load';
import { UserError } from '../../backend/protocol/errors';

describe('import of JSONL', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'polymath-jsonl-'))));
  after(() => rm(folder, { recursive: true }));

  const write = async (name: string, ...parts: (string | Buffer)[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
    return path;
  };

  it('keeps the good lines and reports each bad one with its number and reason', async () => {
    const path = await write(
      'mixed.jsonl',
      '\uFEFF{"id": "a", "text": "first", "domain": "law"}\r\n',
      '{"id": "a", "text": "same id"}\n\n',
      '{"text": "cut off\n',
      '["no object"]\n{"text": "  \\n "}\n{"body": "elsewhere"}\n{"text": 7}\n',
      Buffer.from([0x7b, 0xff, 0x7d]),
      '\n{"text": "half \\ud83d"}\n{"text": "x", "domain": {}}\n',
      `{"text": "${'long '.repeat(50)}"}\n`,
      '{"__proto__": {"text": "trap"}, "text": "größer 🙂", "id": 7, "domain": null}',
    );
    const { documents, rejected, renamed, textField } = await readJsonl(path, { maxLineBytes: 200 });
    assert.deepEqual(documents, [
      { id: 'a', text: 'first', domain: 'law' },
      { id: 'a#2', text: 'same id' },
      { id: '7', text: 'größer 🙂' },
    ]);
    assert.equal(renamed, 1);
    assert.equal(textField, 'text');
    const reasons = rejected.map(({ line, reason }) => `${line}: ${reason}`);
    assert.match(reasons[0], /^4: not valid JSON: /);
    assert.deepEqual(reasons.slice(1), [
      '5: not a JSON object',
      '6: empty text',
      '7: no field "text"',
      '8: field "text" is not a string',
      '9: not valid UTF-8',
      '10: field "text" holds half of a surrogate pair',
      '11: field "domain" is neither a string nor a number',
      '12: longer than 200 bytes',
    ]);
  });

  it('finds the text in another usual field, and numbers documents without an id by line', async () => {
    const path = await write('content.jsonl', '{"meta": 1}\n{"title": "t", "content": "c"}\n{"content": "d"}\n');
    const { documents, rejected, textField } = await readJsonl(path);
    assert.equal(textField, 'content');
    assert.deepEqual(documents, [
      { id: '2', text: 'c' },
      { id: '3', text: 'd' },
    ]);
    assert.deepEqual(
      rejected.map(({ line }) => line),
      [1],
    );
  });

  it('says what to do when there is nothing to read', async () => {
    const array = await write('array.jsonl', '[\n{"text": 1}\n]\n');
    const cases: [string, RegExp][] = [
      [join(folder, 'missing.jsonl'), /There is no file/],
      [folder, /is not a file/],
      [await write('empty.jsonl', '\n \n'), /is empty/],
      [array, /no usable document: all 3 lines were rejected, line 1 because: not valid JSON/],
    ];
    for (const [path, message] of cases) {
      await assert.rejects(readJsonl(path), (error) => {
        assert(error instanceof UserError);
        assert.match(error.message, message);
        return error.next.length > 0;
      });
    }
  });

  it('loads a file by splitting it and a folder as it stands, with ids that are unique throughout', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `{"text": "text ${i}"}\n`);
    const { corpus } = await loadCorpus(await write('twenty.jsonl', ...rows));
    assert.equal(corpus.name, 'twenty');
    assert.deepEqual([corpus.train.length, corpus.validation.length, corpus.test.length], [16, 2, 2]);

    for (const side of ['train', 'validation', 'test']) await write(`${side}.jsonl`, `{"text": "${side}"}\n?\n`);
    const loaded = await loadCorpus(folder);
    assert.deepEqual(loaded.corpus.validation, [{ id: 'validation-1', text: 'validation' }]);
    assert.deepEqual(loaded.rejected.map(({ file, line }) => [file, line])[2], [join(folder, 'test.jsonl'), 2]);
  });
});

describe('lines of a byte stream', () => {
  it('are the same wherever the stream is cut into chunks', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\n\r\uFEFF]/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.array(fc.nat(60)),
        fc.constantFrom('\n', '\r\n'),
        async (lines, cuts, end) => {
          const bytes = Buffer.from(lines.map((text) => text + end).join(''));
          const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
          const chunks = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
          const found: LineContent[] = [];
          for await (const { content } of readLines(streamOf(chunks), 1000)) found.push(content);
          assert.deepEqual(
            found,
            lines.map((text) => ({ kind: 'text', text })),
          );
        },
      ),
    );
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- a stream is asynchronous by type
async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
