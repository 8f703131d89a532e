/** What an import would read of a source, before anybody waits for it. */
import type { SourceFacts } from '../../protocol/catalog';
import { UserError } from '../../base/errors';
import type { SourceOptions } from './options';
import { chooseColumns, textName } from './columns';
import { pathsOf } from './fields';
import { readRecords } from './reader';
import { ReadingNotes } from './reading-notes';
import { isRejected } from './record';
import { findSource } from './source';

/** Records that are looked at. */
const sampled = 100;

/** Throws UserError where there is nothing that can be read, or a named column is missing. */
export async function inspectSource(spec: SourceOptions, signal: AbortSignal): Promise<SourceFacts> {
  const source = await findSource(spec, signal);
  const { name, format, files } = source;
  const notes = new ReadingNotes(source);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const facts = { name, format, files: files.length, bytes, fields: [], columns: {}, notes: notes.sentences() };
  if (format === 'text' || format === 'files') return facts;
  const sample: Readonly<Record<string, unknown>>[] = [];
  let read = 0;
  const reading = { header: spec.header, tell: (file: string, form: string) => notes.tell(file, form) };
  for await (const { record } of readRecords(source, reading)) {
    if (!isRejected(record)) sample.push(record.fields);
    if (++read >= sampled) break;
  }
  const columns = columnsOf(spec, sample, notes);
  return { ...facts, fields: pathsOf(sample), columns, notes: notes.sentences() };
}

function columnsOf(
  { columns }: SourceOptions,
  sample: Parameters<typeof chooseColumns>[1],
  notes: ReadingNotes,
): SourceFacts['columns'] {
  try {
    const chosen = chooseColumns(columns, sample);
    notes.chosen(chosen, sample);
    return { ...chosen, text: textName(chosen.text) };
  } catch (error) {
    // A column that was named must be there; that none can be guessed is for the user to mend.
    if (error instanceof UserError && columns.text === undefined) return {};
    throw error;
  }
}
