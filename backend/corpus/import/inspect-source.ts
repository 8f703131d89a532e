/** What an import would read of a source, before anybody waits for it. */
import type { SourceFacts } from '../../protocol/catalog';
import { UserError } from '../../base/errors';
import type { SourceOptions } from './options';
import { chooseColumns, textName } from './columns';
import { readRecords } from './reader';
import { isRejected } from './record';
import { findSource } from './source';

/** Records that are looked at. */
const sampled = 100;

/** Throws UserError where there is nothing that can be read, or a named column is missing. */
export async function inspectSource(spec: SourceOptions, signal: AbortSignal): Promise<SourceFacts> {
  const { name, format, files } = await findSource({ source: spec.source, format: spec.format, required: [] }, signal);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const facts = { name, format, files: files.length, bytes, fields: [], columns: {} };
  if (format === 'text' || format === 'files') return facts;
  const sample: Readonly<Record<string, unknown>>[] = [];
  let read = 0;
  for await (const { record } of readRecords({ name, format, files, refused: [] }, {})) {
    if (!isRejected(record)) sample.push(record.fields);
    if (++read >= sampled) break;
  }
  const fields = [...new Set(sample.flatMap((record) => Object.keys(record)))];
  return { ...facts, fields, columns: columnsOf(spec, sample) };
}

function columnsOf({ columns }: SourceOptions, sample: Parameters<typeof chooseColumns>[1]): SourceFacts['columns'] {
  try {
    const { text, ...rest } = chooseColumns(columns, sample);
    return { text: textName(text), ...rest };
  } catch (error) {
    // A column that was named must be there; that none can be guessed is for the user to mend.
    if (error instanceof UserError && columns.text === undefined) return {};
    throw error;
  }
}
