/** What an import would read of a source, before anybody waits for it. */
import { UserError } from '../../base/errors';
import { namesSample } from '../../base/sample-names';
import type { SourceFacts } from '../../protocol/catalog';
import type { Side } from '../../protocol/records';
import { chooseColumns, textName, whyText } from './columns';
import { preview, toDraft } from './draft';
import { Duplicates } from './duplicates';
import { pathsOf } from './fields';
import { type Input, openInput, readFiles } from './input';
import type { ImportOptions } from './options';
import { Pulse } from './pulse';
import { readRecords } from './reader';
import { ReadingNotes } from './reading-notes';
import { isRejected } from './record';
import { type CorpusSource, findSource } from './source';

/** Records from which columns are guessed. */
const sampled = 100;
/** Bytes of text and seconds that counting takes at most: all of a small corpus, the head of a large one. */
const most = { bytes: 16 * 2 ** 20, seconds: 2 };
/** What is shown of documents and of what is left out. */
const [previewed, shownRejections] = [3, 3];

/** A source with some of its texts, and what reading those took: by which an import is estimated. */
export interface SurveyedSource {
  readonly facts: SourceFacts;
  readonly texts: readonly string[];
  /** Seconds to read all records of the source and to look for copies, about. */
  readonly reading: number;
}

/** Throws UserError where there is nothing that can be read, or a named column is missing. */
export async function inspectSource(spec: ImportOptions, signal: AbortSignal): Promise<SourceFacts> {
  return (await surveySource(spec, signal, 0)).facts;
}

/** The same with so many texts at most. */
export async function surveySource(spec: ImportOptions, signal: AbortSignal, texts: number): Promise<SurveyedSource> {
  if (namesSample(spec.source)) {
    const input = await openInput(spec, new Pulse({ signal, report: () => undefined }));
    const { files, bytes } = input.source;
    const counted = await count(spec, input, texts);
    const columns = { text: 'text', id: 'id', domain: 'domain' };
    return surveyed({ name: input.name, format: 'sample', files, bytes, fields: [], columns, notes: [] }, counted);
  }
  const source = await findSource(spec, signal);
  const { files, format } = source;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const looked = await lookAtColumns(spec, source);
  const facts = { name: source.name, format, files: files.length, bytes, ...looked };
  const readable = looked.fields.length === 0 || looked.columns.text !== undefined;
  return surveyed(facts, readable ? await count(spec, readFiles(spec, source), texts) : nothingCounted);
}

type Looked = Pick<SourceFacts, 'fields' | 'columns' | 'why' | 'notes'>;

/** Which columns there are, and which of them would be read. */
async function lookAtColumns(spec: ImportOptions, source: CorpusSource): Promise<Looked> {
  const notes = new ReadingNotes(source);
  if (source.format === 'text' || source.format === 'files')
    return { fields: [], columns: {}, notes: notes.sentences() };
  const sample: Readonly<Record<string, unknown>>[] = [];
  let read = 0;
  const reading = { header: spec.header, tell: (file: string, form: string) => notes.tell(file, form) };
  for await (const { record } of readRecords(source, reading)) {
    if (!isRejected(record)) sample.push(record.fields);
    if (++read >= sampled) break;
  }
  const columns = columnsOf(spec, sample, notes);
  return { fields: pathsOf(sample), ...columns, notes: notes.sentences() };
}

function columnsOf(
  { columns }: ImportOptions,
  sample: Parameters<typeof chooseColumns>[1],
  notes: ReadingNotes,
): Pick<SourceFacts, 'columns' | 'why'> {
  try {
    const chosen = chooseColumns(columns, sample);
    notes.chosen(chosen, sample);
    return { columns: { ...chosen, text: textName(chosen.text) }, why: whyText(chosen.text, columns.text) };
  } catch (error) {
    // A column that was named must be there; that none can be guessed is for the user to mend.
    if (error instanceof UserError && columns.text === undefined) return { columns: {} };
    throw error;
  }
}

type Counted = Pick<SourceFacts, 'preview' | 'documents' | 'textBytes' | 'rejected'> & Omit<SurveyedSource, 'facts'>;

const nothingCounted: Counted = {
  preview: [],
  documents: { total: 0, train: 0, validation: 0, test: 0, all: false },
  textBytes: 0,
  rejected: { count: 0, first: [] },
  texts: [],
  reading: 0,
};

function surveyed(facts: Omit<SourceFacts, keyof Counted>, { texts, reading, ...counted }: Counted): SurveyedSource {
  return { facts: { ...facts, ...counted }, texts, reading };
}

/** Looks at records until there is no more, or it has seen enough to reckon with. */
async function count(spec: ImportOptions, input: Omit<Input, 'source'>, wanted: number): Promise<Counted> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const given: Record<Side | 'none', number> = { train: 0, validation: 0, test: 0, none: 0 };
  const copies = new Duplicates(spec.nearDuplicates);
  const shown: SourceFacts['preview'] = [];
  const texts: string[] = [];
  const rejected: SourceFacts['rejected'] = { count: 0, first: [] };
  let [bytes, all] = [0, true];
  for await (const { file, side, record, columns } of input.records()) {
    const draft = isRejected(record) ? record : toDraft(record, columns);
    if (isRejected(draft)) {
      if (rejected.count++ < shownRejections) rejected.first.push({ file, line: draft.line, reason: draft.reason });
      continue;
    }
    const { text, id, domain } = draft;
    given[side ?? 'none']++;
    bytes += Buffer.byteLength(text);
    copies.add(text);
    if (shown.length < previewed)
      shown.push({ text: preview(text), ...(id !== undefined && { id }), ...(domain !== undefined && { domain }) });
    if (texts.length < wanted) texts.push(text);
    if (bytes > most.bytes || seconds() > most.seconds) {
      all = false;
      break;
    }
  }
  const { done, total } = input.progress();
  const share = all || done === 0 ? 1 : Math.min(1, done / total);
  const whole = (amount: number): number => Math.round(amount / share);
  const different = new Set(copies.groups().first).size;
  const sides = sidesOf(spec, given, different);
  return {
    preview: shown,
    documents: {
      total: whole(sides.train + sides.validation + sides.test),
      train: whole(sides.train),
      validation: whole(sides.validation),
      test: whole(sides.test),
      all,
    },
    textBytes: whole(bytes),
    rejected,
    texts,
    reading: seconds() / share,
  };
}

/** About as many documents of each side as `drawSides` draws: copies of a text stay together. */
function sidesOf(
  spec: ImportOptions,
  { train, validation, test, none }: Readonly<Record<Side | 'none', number>>,
  different: number,
): Readonly<Record<Side, number>> {
  const rest = train + none;
  let groups = different - 1;
  const drawn = (side: 'test' | 'validation', there: number): number => {
    if (there > 0 || spec[side] === 0 || groups <= 0) return there;
    groups--;
    return Math.max(1, Math.round(spec[side] * rest));
  };
  const held = { test: drawn('test', test), validation: drawn('validation', validation) };
  const taken = (test === 0 ? held.test : 0) + (validation === 0 ? held.validation : 0);
  return { train: Math.max(0, rest - taken), ...held };
}
