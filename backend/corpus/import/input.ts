/** What an import reads, whichever kind of source it is: records with their files, and how to know the source again. */
import { createHash } from 'node:crypto';
import type { DatasetRecord, Side } from '../../protocol/records';
import type { ImportOptions } from './options';
import { namesSample } from '../../base/sample-names';
import { loadSample } from '../sample/samples';
import { hashFiles } from './check';
import { chooseColumns, type Columns, plainColumns } from './columns';
import { sideOfFolder } from './formats';
import type { Pulse } from './pulse';
import { ReadingNotes } from './reading-notes';
import { type FoundRecord, type SourceReading, readRecords } from './reader';
import { isRejected, type RejectedRecord, type SourceRecord } from './record';
import { findSource, type CorpusSource } from './source';

/** Records from which the columns are guessed, and the bytes that they may take. */
const SAMPLE = 100;
const SAMPLE_CHARACTERS = 8 * 2 ** 20;

export interface InputRecord {
  readonly file: string;
  readonly side: Side | undefined;
  /** What a document without an id is called. */
  readonly defaultId: string;
  readonly record: SourceRecord | RejectedRecord;
  readonly columns: Columns;
}

export interface Input {
  readonly name: string;
  readonly source: DatasetRecord['source'];
  /** The sides that the source gives; empty where it gives none. */
  readonly sides: readonly Side[];
  /** What was read and what was not, in sentences: when all was read. */
  readonly notes: (drawn: readonly Side[]) => readonly string[];
  /** How far the source is read. */
  readonly progress: () => { readonly done: number; readonly total: number; readonly unit: string };
  readonly records: () => AsyncGenerator<InputRecord>;
}

export function openInput(spec: ImportOptions, pulse: Pulse): Promise<Input> {
  return namesSample(spec.source) ? openSample(spec) : openFiles(spec, pulse);
}

async function openFiles(spec: ImportOptions, pulse: Pulse): Promise<Input> {
  const source = await findSource(spec, pulse.signal);
  const { sha256, bytes } = await hashFiles(source.files, pulse);
  const { format, files } = source;
  return {
    ...readFiles(spec, source),
    source: { path: spec.source, format, files: files.length, bytes, sha256 },
  };
}

/** What is read of files that are not to be known again. */
export function readFiles(spec: ImportOptions, source: CorpusSource): Omit<Input, 'source'> {
  const bytes = source.files.reduce((sum, file) => sum + file.bytes, 0);
  let read = (): number => 0;
  let before = 0;
  const notes = new ReadingNotes(source);
  const reading: SourceReading = {
    separator: spec.separator,
    header: spec.header,
    tell: (file, form) => notes.tell(file, form),
    onRead: (current) => (read = current),
    onEnd: (file) => {
      before += file.bytes;
      read = () => 0;
    },
  };
  return {
    name: source.name,
    sides: [...new Set(source.files.flatMap(({ side }) => side ?? []))],
    notes: (drawn) => notes.sentences(drawn),
    progress: () => ({ done: Math.min(bytes, before + read()), total: bytes, unit: 'bytes' }),
    records: () => inputRecords(source, spec.columns, reading, notes),
  };
}

async function* inputRecords(
  source: CorpusSource,
  asked: ImportOptions['columns'],
  reading: SourceReading,
  notes: ReadingNotes,
): AsyncGenerator<InputRecord> {
  const toInput = defaultIds(source);
  for (const { file, line, reason } of source.refused) {
    yield { file, side: undefined, defaultId: file, record: { line, reason }, columns: plainColumns };
  }
  if (source.format === 'text' || source.format === 'files') {
    const domainOf = source.format === 'files' ? domainsByFolder(source) : () => undefined;
    for await (const found of readRecords(source, reading)) {
      const domain = domainOf(found.file.name);
      const record =
        isRejected(found.record) || domain === undefined
          ? found.record
          : { ...found.record, fields: { ...found.record.fields, domain } };
      yield toInput({ ...found, record }, plainColumns);
    }
    return;
  }

  let sample: FoundRecord[] = [];
  let characters = 0;
  let columns: Columns | undefined;
  const settle = (): Columns => {
    const fields = sample.flatMap(({ record }) => (isRejected(record) ? [] : [record.fields]));
    const chosen = chooseColumns(asked, fields);
    notes.chosen(chosen, fields);
    return chosen;
  };
  for await (const found of readRecords(source, reading)) {
    if (columns !== undefined) {
      yield toInput(found, columns);
      continue;
    }
    sample.push(found);
    if (!isRejected(found.record)) {
      for (const value of Object.values(found.record.fields))
        characters += typeof value === 'string' ? value.length : 0;
    }
    if (sample.length < SAMPLE && characters < SAMPLE_CHARACTERS) continue;
    if (sample.every(({ record }) => isRejected(record))) {
      for (const rejected of sample.splice(0)) yield toInput(rejected, plainColumns);
      continue;
    }
    columns = settle();
    for (const first of sample) yield toInput(first, columns);
    sample = [];
  }
  if (sample.length === 0) return;
  columns = sample.every(({ record }) => isRejected(record)) ? plainColumns : settle();
  for (const first of sample) yield toInput(first, columns);
}

/** Names documents without an id by their place: the line alone where there is one file. */
function defaultIds({ files, format }: CorpusSource): (found: FoundRecord, columns: Columns) => InputRecord {
  const filesOfSide = new Map<Side | undefined, number>();
  for (const { side } of files) filesOfSide.set(side, (filesOfSide.get(side) ?? 0) + 1);
  return ({ file: { name, side }, record }, columns) => {
    const isOnly = filesOfSide.get(side) === 1;
    const prefix = isOnly ? (side === undefined ? '' : `${side}-`) : `${name}:`;
    const defaultId =
      format === 'files' ? name : `${prefix}${('number' in record ? record.number : undefined) ?? record.line}`;
    return { file: name, side, defaultId, record, columns };
  };
}

/** The top folder of each file as its domain, below one that gives a side, where all files lie in one of several. */
function domainsByFolder({ files }: CorpusSource): (name: string) => string | undefined {
  const top = (name: string): string => {
    const folders = name.split('/').slice(0, -1);
    return folders.find((folder, i) => i > 0 || sideOfFolder(folder) === undefined) ?? '';
  };
  const folders = new Set(files.map(({ name }) => top(name)));
  return folders.size >= 2 && !folders.has('') ? top : () => undefined;
}

/** A sample corpus, which comes with its sides. */
async function openSample({ source, seed }: ImportOptions): Promise<Input> {
  const corpus = await loadSample(source, seed);
  const sides = ['train', 'validation', 'test'] as const;
  const all = sides.flatMap((side) => corpus[side].map((document) => ({ side, document })));
  const texts = all.map(({ document }) => document.text);
  const textOf = (id: string): string => id.slice(0, id.lastIndexOf('-'));
  let done = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- records of files come asynchronously
  async function* records(): AsyncGenerator<InputRecord> {
    for (const { side, document } of all) {
      const { id, text, domain } = document;
      const line = Number(id.slice(id.lastIndexOf('-') + 1));
      const record = { line, fields: { text, id, domain } };
      yield { file: textOf(id), side, defaultId: id, record, columns: { ...plainColumns, id: 'id' } };
      done++;
    }
  }
  return {
    name: corpus.name,
    source: {
      path: source,
      format: 'sample',
      files: new Set(all.map(({ document }) => textOf(document.id))).size,
      bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
      sha256: createHash('sha256').update(JSON.stringify(all)).digest('hex'),
    },
    sides,
    notes: () => [],
    progress: () => ({ done, total: all.length, unit: 'documents' }),
    records,
  };
}
