/** Records of JSON in the forms in which tools write it: a value per line, values over several lines, a list, an object with a list. */
import { UserError } from '../../base/errors';
import { ByteWindow } from './byte-window';
import { hasNamedText } from './columns';
import { isFields } from './fields';
import { isTableOfColumns, recordsWithin } from './json-lists';
import { JsonValues } from './json-values';
import { MAX_RECORD_BYTES } from './lines';
import type { ReadRecord } from './record';

/**
 * The records of a stream of JSON values. Objects are records; strings are texts where the first value is one; the values of a list
 * are records where the stream begins with one. A stream that is one object with one list of objects in it holds these. `tell` hears
 * in what form the records were found, but for a value per line. A broken value is rejected, and reading goes on at the next
 * line that is indented no deeper.
 * Throws UserError where there are several lists, columns instead of records, or where nothing tells how to read on.
 */
export async function* readJson(
  chunks: AsyncIterable<Uint8Array>,
  tell: (form: string) => void = () => undefined,
  maxBytes: number = MAX_RECORD_BYTES,
): AsyncGenerator<ReadRecord> {
  const window = new ByteWindow(chunks);
  try {
    yield* recordsOf(new JsonValues(window, maxBytes), tell);
  } finally {
    await window.close();
  }
}

async function* recordsOf(values: JsonValues, tell: (form: string) => void): AsyncGenerator<ReadRecord> {
  const first = await values.next();
  if (first === undefined) return;
  const hasStrings = 'value' in first && typeof first.value === 'string';
  if (hasStrings) tell('texts that are JSON strings');
  const toRecord = (value: unknown, line: number, number?: number): ReadRecord => {
    const fields = hasStrings && typeof value === 'string' ? { text: value } : value;
    return isFields(fields) ? { line, number, fields } : { line, reason: 'not a JSON object' };
  };
  let number = 0;
  if (!values.hasLists && 'value' in first && isFields(first.value) && (await values.isAtEnd())) {
    const inner = hasNamedText([first.value]) ? undefined : recordsWithin(first.value);
    if (inner === undefined && isTableOfColumns(first.value)) throw columnsInstead();
    if (inner !== undefined) tell(inner.form);
    for (const value of inner?.records ?? [first.value]) yield toRecord(value, ++number);
    return;
  }
  if (values.hasLists) tell('a list of records');
  for (let found: typeof first | undefined = first; found !== undefined; found = await values.next()) {
    if ('reason' in found) yield found;
    else yield toRecord(found.value, found.line, values.hasLists ? ++number : undefined);
  }
}

function columnsInstead(): UserError {
  return new UserError(
    'The file holds one object with a list or a table for each column, no records.',
    "Write a record per line; with pandas: df.to_json(path, orient='records', lines=True)",
  );
}
