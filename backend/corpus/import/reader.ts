import { UserError } from '../../base/errors';
import { readArrow } from './arrow';
import { type ByteStream, openBytes, refusePointer } from './bytes';
import { requireUnchanged } from './check';
import { readCsv } from './csv';
import { otherEncoding, requireUtf8 } from './encoding';
import { readJson } from './json';
import { decodeUtf8, MAX_RECORD_BYTES, readLines, tooLong, withoutMark } from './lines';
import { unreadable } from './listing';
import { readParquet } from './parquet';
import type { ReadRecord } from './record';
import type { GivenFile, CorpusSource } from './source';
import { readParagraphs, readPieces, unescapeSeparator } from './text';

/** A record with the file that it is from. */
export interface FoundRecord {
  readonly file: GivenFile;
  readonly record: ReadRecord;
}

export interface SourceReading {
  readonly separator?: string | undefined;
  /** Whether the first row of a table names its columns; by its look where it is not said. */
  readonly header?: boolean | undefined;
  /** Hears what is unusual in how a file is written. */
  readonly tell?: (file: string, form: string) => void;
  /** Hears how many bytes of the current file have been read. */
  readonly onRead?: (read: () => number) => void;
  /** Hears that a file was read to its end. */
  readonly onEnd?: (file: GivenFile) => void;
}

/** All records of all files, in the order of the source. Throws UserError where a file is unusable as a whole. */
export async function* readRecords(source: CorpusSource, reading: SourceReading): AsyncGenerator<FoundRecord> {
  for (const file of source.files) {
    for await (const record of readFile(source, file, reading)) yield { file, record };
    reading.onEnd?.(file);
  }
}

async function* readFile(source: CorpusSource, file: GivenFile, reading: SourceReading): AsyncGenerator<ReadRecord> {
  if (source.format === 'parquet') {
    await refusePointer(file.path);
    yield* readParquet(file.path, file.bytes, reading.onRead);
  } else {
    let stream: ByteStream;
    try {
      stream = await openBytes(file.path);
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      await requireUnchanged(file);
      if (source.files.length === 1)
        throw new UserError(`${file.path} ${unreadable(error)}.`, 'Check your right to read it.');
      yield { line: 1, reason: unreadable(error) };
      return;
    }
    reading.onRead?.(stream.read);
    yield* source.format === 'files' ? wholeFile(stream) : records(source.format, file, stream, reading);
  }
  await requireUnchanged(file);
}

function records(
  format: Exclude<CorpusSource['format'], 'parquet' | 'files'>,
  file: GivenFile,
  { chunks }: ByteStream,
  { separator, header, tell }: SourceReading,
): AsyncGenerator<ReadRecord> {
  const told = (form: string): void => tell?.(file.name, form);
  const bytes = requireUtf8(file.path, chunks);
  switch (format) {
    case 'jsonl':
      return readJson(bytes, told);
    case 'arrow':
      return readArrow(file.path, chunks);
    case 'csv':
      return readCsv(bytes, { header, name: file.name }, told);
    case 'tsv':
      return readCsv(bytes, { delimiter: '\t', header, name: file.name }, told);
    case 'text':
      return separator === undefined
        ? readParagraphs(readLines(bytes))
        : readPieces(bytes, unescapeSeparator(separator));
  }
}

/** The one document that a file is. */
async function* wholeFile({ chunks }: ByteStream): AsyncGenerator<ReadRecord> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_RECORD_BYTES) {
      yield { line: 1, reason: tooLong(1, MAX_RECORD_BYTES).reason };
      return;
    }
    parts.push(chunk);
  }
  const content = Buffer.concat(parts);
  const text = decodeUtf8(content);
  const encoding = otherEncoding(content.subarray(0, 2 ** 16))?.what;
  if (text === undefined)
    yield { line: 1, reason: `not valid UTF-8${encoding === undefined ? '' : `: it is ${encoding}`}` };
  else yield { line: 1, fields: { text: withoutMark(text) } };
}
