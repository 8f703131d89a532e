import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UserError } from '../protocol/errors';
import type { Document } from './document';
import { readLines } from './lines';

/** Longest line that is read, in bytes: it bounds the memory that one hostile or broken line can take. */
export const MAX_LINE_BYTES = 64 * 2 ** 20;

/** Where the text is looked for, in this order, when the caller names no field. */
const TEXT_FIELDS = ['text', 'content', 'body', 'document'];

/** A line that gave no document, and why; `line` counts from 1. */
export interface RejectedLine {
  readonly line: number;
  readonly reason: string;
}

/** What one file gave. */
export interface JsonlImport {
  readonly documents: readonly Document[];
  readonly rejected: readonly RejectedLine[];
  /** The field that the texts came from. */
  readonly textField: string;
  /** How many documents got a new id because theirs was taken: `b` became `b#2`. */
  readonly renamed: number;
}

export interface JsonlOptions {
  /** The field of the text. Without it: the first of text, content, body, document that the file's first row with one has. */
  readonly textField?: string;
  /** Put before the line number where a row has no id. */
  readonly idPrefix?: string;
  /** Ids that are taken already; the ids of this file are added. Share one set between files that must not collide. */
  readonly takenIds?: Set<string>;
  /** Default `MAX_LINE_BYTES`. */
  readonly maxLineBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads one JSON object per line: `text` (see `textField`), and optionally `id` (default: the line number) and `domain`.
 * Texts are kept whole, however long; blank lines are passed over; a second document with the same id is renamed, not lost.
 * A line that is not a usable document is reported in `rejected`, and the rest goes on.
 * Throws UserError when the path is no readable file or holds no usable document.
 */
export async function readJsonl(path: string, options: JsonlOptions = {}): Promise<JsonlImport> {
  await requireFile(path);
  const takenIds = options.takenIds ?? new Set<string>();
  const documents: Document[] = [];
  const rejected: RejectedLine[] = [];
  let { textField } = options;
  let renamed = 0;

  for await (const { number, content } of readLines(createReadStream(path), options.maxLineBytes ?? MAX_LINE_BYTES)) {
    if (number % 1000 === 0) options.signal?.throwIfAborted();
    if (content.kind === 'rejected') {
      rejected.push({ line: number, reason: content.reason });
      continue;
    }
    if (content.text.trim() === '') continue;
    const row = parseRow(content.text);
    if (row instanceof Map) textField ??= TEXT_FIELDS.find((field) => typeof row.get(field) === 'string');
    const document = row instanceof Map ? toDocument(row, textField, `${options.idPrefix ?? ''}${number}`) : row;
    if (typeof document === 'string') {
      rejected.push({ line: number, reason: document });
      continue;
    }
    const id = freeId(document.id, takenIds);
    if (id !== document.id) renamed++;
    takenIds.add(id);
    documents.push({ ...document, id });
  }

  if (documents.length === 0) throw nothingUsable(path, rejected);
  return { documents, rejected, textField: textField ?? TEXT_FIELDS[0], renamed };
}

async function requireFile(path: string): Promise<void> {
  const next = 'Give the path of a text file with one JSON object per line.';
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      error.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${error.message}.`,
      next,
    );
  });
  if (!info.isFile()) throw new UserError(`${path} is not a file.`, next);
}

/** The fields of a row, or the reason why it has none. A Map, because a row may well have a field `__proto__`. */
function parseRow(line: string): Map<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not valid JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  return new Map(Object.entries(value));
}

/** The document of a row, or the reason why it is none. */
function toDocument(
  row: ReadonlyMap<string, unknown>,
  textField: string | undefined,
  defaultId: string,
): Document | string {
  if (textField === undefined) return `no text: none of the fields ${TEXT_FIELDS.join(', ')}`;
  const text = row.get(textField);
  if (text === undefined || text === null) return `no field "${textField}"`;
  if (typeof text !== 'string') return `field "${textField}" is not a string`;
  if (text.trim() === '') return 'empty text';
  // Half a character (an escaped lone surrogate) has no UTF-8 form, so tokenizing and storing it would change the text.
  if (/\p{Surrogate}/u.test(text)) return `field "${textField}" holds half of a surrogate pair`;

  const id = label(row.get('id'));
  const domain = label(row.get('domain'));
  if (id === false) return 'field "id" is neither a string nor a number';
  if (domain === false) return 'field "domain" is neither a string nor a number';
  return domain === undefined ? { id: id ?? defaultId, text } : { id: id ?? defaultId, text, domain };
}

/** A name as a string, undefined where there is none, false where the value cannot be a name. */
function label(value: unknown): string | undefined | false {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value;
}

function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = id;
  for (let copy = 2; taken.has(free); copy++) free = `${id}#${copy}`;
  return free;
}

function nothingUsable(path: string, rejected: readonly RejectedLine[]): UserError {
  if (rejected.length === 0) return new UserError(`${path} is empty.`, 'Choose a file with one JSON object per line.');
  const [{ line, reason }] = rejected;
  return new UserError(
    `${path} holds no usable document: all ${rejected.length} lines were rejected, line ${line} because: ${reason}.`,
    'Write one JSON object per line with its text in the field "text", or name the field that holds it.',
  );
}
