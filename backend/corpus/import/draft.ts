import { type Columns, isLabel } from './columns';
import { field, type RejectedRecord, type SourceRecord } from './record';

/** A document as its record gives it, before the corpus as a whole is known. */
export interface Draft {
  readonly text: string;
  readonly id?: string;
  readonly domain?: string;
  /** The other fields, as a JSON object. */
  readonly metadata: string;
}

/** The document of a record, or why it is none. */
export function toDraft({ line, fields }: SourceRecord, columns: Columns): Draft | RejectedRecord {
  const reject = (reason: string): RejectedRecord => ({ line, reason });
  const text = field(fields, columns.text);
  if (text === undefined || text === null) return reject(`no field "${columns.text}"`);
  if (typeof text !== 'string') return reject(`field "${columns.text}" is not a string`);
  if (text.trim() === '') return reject('empty text');
  const draft: { text: string; id?: string; domain?: string; metadata: string } = { text, metadata: '{}' };
  for (const role of ['id', 'domain'] as const) {
    const name = columns[role];
    const value = name === undefined ? undefined : field(fields, name);
    if (value === undefined || value === null || value === '') continue;
    if (!isLabel(value)) return reject(`field "${name}" is neither a string nor a number`);
    draft[role] = String(value);
  }
  // Half a character (an escaped lone surrogate) has no UTF-8 form, so storing it would change it.
  for (const role of ['text', 'id', 'domain'] as const) {
    if (hasHalfPair(draft[role] ?? '')) return reject(`field "${columns[role]}" holds half of a surrogate pair`);
  }
  const others = Object.entries(fields).filter(
    ([name]) => name !== columns.text && name !== columns.id && name !== columns.domain,
  );
  if (others.length === 0) return draft;
  try {
    return { ...draft, metadata: JSON.stringify(Object.fromEntries(others)) };
  } catch {
    return reject('its other fields are nested too deeply');
  }
}

export function hasHalfPair(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Characters (UTF-16 units) of a document's preview. */
const PREVIEW = 200;

/** The beginning of a text on one line. */
export function preview(text: string): string {
  let start = 0;
  // By pieces, because white space may go on and on; most texts need no more than the first.
  for (let shown = ''; ; start += 2 * PREVIEW) {
    shown = (shown + text.slice(start, start + 2 * PREVIEW)).replaceAll(/\s{2,}|[^\S ]/g, ' ').replace(/^ /, '');
    if (shown.length <= PREVIEW && start + 2 * PREVIEW < text.length) continue;
    const short = shown.slice(0, PREVIEW).trimEnd();
    return hasHalfPair(short.slice(-1)) ? short.slice(0, -1) : short;
  }
}
