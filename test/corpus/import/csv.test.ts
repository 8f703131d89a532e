import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type CsvOptions, readCsv } from '../../../backend/corpus/import/csv';
import type { ReadRecord } from '../../../backend/corpus/import/record';
import { UserError } from '../../../backend/base/errors';

// eslint-disable-next-line @typescript-eslint/require-await -- a stream is asynchronous by type
async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function read(text: string, options?: CsvOptions): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  for await (const record of readCsv(bytesOf(text), options)) records.push(record);
  return records;
}

const brief = (records: readonly ReadRecord[]): string[] =>
  records.map(
    (record) => `${record.line} ${'reason' in record ? record.reason : Object.values(record.fields).join('|')}`,
  );

describe('CSV', () => {
  it('is read as another parser reads it', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ß', '🙂', ' ', ',', '"', '\n', '\r\n', ';'), maxLength: 8 });
    const quoted = fc.boolean().chain((always) => cell.map((text) => quote(text, always)));
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 2, max: 4 })
          .chain((columns) => fc.array(fc.array(quoted, { minLength: columns, maxLength: columns }))),
        fc.constantFrom('\n', '\r\n'),
        async (rows, end) => {
          const header = Array.from({ length: rows[0]?.length ?? 2 }, (_, i) => `c${i}`);
          const text = [header, ...rows].map((row) => row.join(',') + end).join('');
          const expected = parse(text, { record_delimiter: ['\n', '\r\n'] });
          const found = (await read(text, { delimiter: ',' })).map((record) =>
            'fields' in record ? Object.values(record.fields) : [],
          );
          assert.deepEqual(found, expected.slice(1));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('loses one line to an unclosed quote, wherever it stands', async () => {
    assert.deepEqual(brief(await read('a,b\n1,x\n2,"open\n3,y\n4,"closed"\n5,z\n')), [
      '2 1|x',
      '3 text after a closing quote, or a quote that is not closed',
      '4 3|y',
      '5 4|closed',
      '6 5|z',
    ]);
    assert.deepEqual(brief(await read('a,b\n1,"open\n2,x\n3,y')), ['2 a quote that is never closed', '3 2|x', '4 3|y']);
  });

  it('does not search for the end of a quote for ever', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => `${i},x`).join('\n');
    const [first, ...others] = brief(await read(`a,b\n0,"open\n${rows}\n`, { maxBytes: 1000 }));
    assert.equal(first, '2 a quote that is never closed, or a record longer than 1000 bytes');
    assert.equal(others.length, 2000);
    // Where every line opens a quote, what is read again is bounded.
    const hostile = await read(`a,b\n${'0,"open\n'.repeat(4000)}`, { maxBytes: 3000 });
    assert(hostile.every((record) => 'reason' in record));
    assert.match(brief(hostile).join('\n'), /lines? (are|is) lost with it/);
  });

  it('reports ragged rows with both widths, and reads on', async () => {
    assert.deepEqual(brief(await read('a,b\n1\n1,2,3\n\n"4",5')), [
      '2 1 field where the header has 2',
      '3 3 fields where the header has 2',
      '5 4|5',
    ]);
  });

  it('names columns without a name and tells repeated ones apart', async () => {
    const [record] = await read('a,,a\n1,2,3\n');
    assert.deepEqual('fields' in record && record.fields, { a: '1', 'column 2': '2', 'a.1': '3' });
  });

  it('guesses the delimiter from the header, quotes left aside', async () => {
    for (const delimiter of [',', ';', '\t', '|']) {
      const [record] = await read(`"x,,,;;;|||"${delimiter}b\n1${delimiter}2\n`);
      assert.deepEqual('fields' in record && Object.values(record.fields), ['1', '2']);
    }
  });

  it('refuses a header that is none', async () => {
    await assert.rejects(read('"open\n1,2\n'), UserError);
    await assert.rejects(read(`${'x,'.repeat(10_000)}x\n`), /10001 columns/);
  });
});

function quote(text: string, always: boolean): string {
  return always || /[",\n\r]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}
