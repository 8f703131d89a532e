import { renderTurns } from '../../model/chat/plain';
import type { Turn } from '../../protocol/records';
import { type Columns, isLabel, type TextFields, textPaths } from './columns';
import { valueAt, without } from './fields';
import type { RejectedRecord, SourceRecord } from './record';
import { readTurns } from './turns';

/** A document as its record gives it, before the corpus as a whole is known. */
export interface Draft {
  readonly text: string;
  readonly id?: string;
  readonly domain?: string;
  /** The other fields, as a JSON object. */
  readonly metadata: string;
  /** Of a conversation: its turns as JSON. */
  readonly turns?: string;
}

/** The document of a record, or why it is none. */
export function toDraft({ line, fields }: SourceRecord, columns: Columns): Draft | RejectedRecord {
  const reject = (reason: string): RejectedRecord => ({ line, reason });
  const content = readContent(fields, columns.text);
  if (typeof content === 'string') return reject(content);
  const { text, turns } = content;
  if (text.trim() === '') return reject('empty text');
  const labels: { id?: string; domain?: string } = {};
  for (const role of ['id', 'domain'] as const) {
    const name = columns[role];
    const value = name === undefined ? undefined : valueAt(fields, name);
    if (value === undefined || value === null || value === '') continue;
    if (!isLabel(value)) return reject(`field "${name}" is neither a string nor a number`);
    labels[role] = String(value);
  }
  // Half a character (an escaped lone surrogate) has no UTF-8 form, so storing it would change it.
  const names = { text: textPaths(columns.text).join('+'), id: columns.id, domain: columns.domain };
  for (const [role, value] of Object.entries({ text, ...labels })) {
    if (hasHalfPair(value))
      return reject(`field "${names[role as keyof typeof names]}" holds half of a surrogate pair`);
  }
  const read = [...textPaths(columns.text), columns.id, columns.domain].filter((name) => name !== undefined);
  try {
    const metadata = JSON.stringify(without(fields, read));
    return { text, ...labels, metadata, ...(turns !== undefined && { turns: JSON.stringify(turns) }) };
  } catch {
    return reject('its other fields are nested too deeply');
  }
}

/** The text of a record with its turns where it is a conversation, or why it has none. */
function readContent(fields: SourceRecord['fields'], from: TextFields): { text: string; turns?: Turn[] } | string {
  if (!('names' in from)) {
    const turns = readTurns(fields, from);
    return typeof turns === 'string' ? turns : { text: renderTurns(turns), turns };
  }
  const parts: string[] = [];
  for (const name of from.names) {
    const value = valueAt(fields, name);
    if (value === undefined || value === null) return `no field "${name}"`;
    if (typeof value !== 'string') return `field "${name}" is not a string`;
    if (from.names.length === 1 || value.trim() !== '') parts.push(value);
  }
  return { text: parts.join('\n\n') };
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
