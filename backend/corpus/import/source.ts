/** Finds what a spec names: the files, their format, and the sides that their names give. */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UserError } from '../../base/errors';
import { exists, isSystemError } from '../../base/files';
import type { RejectionRecord, Side } from '../../protocol/records';
import { openBytes } from './bytes';
import { describe, isGlob, listFiles, parseGlob, type SourceFile, unreadable } from './listing';

export type FileFormat = 'jsonl' | 'csv' | 'tsv' | 'parquet' | 'text' | 'files';

/** A file with the side that its documents are given to, where the source gives sides. */
export interface GivenFile extends SourceFile {
  readonly side?: Side;
}

export interface CorpusSource {
  /** For people: the name of the file or folder without extensions. */
  readonly name: string;
  readonly format: FileFormat;
  readonly files: readonly GivenFile[];
  readonly refused: readonly RejectionRecord[];
}

export interface SourceRequest {
  readonly source: string;
  readonly format?: FileFormat | undefined;
  /** Sides that must be there where the files' names give the sides. */
  readonly required: readonly Side[];
}

const extensions: readonly (readonly [RegExp, FileFormat])[] = [
  [/\.(jsonl|ndjson|json)$/i, 'jsonl'],
  [/\.csv$/i, 'csv'],
  [/\.(tsv|tab)$/i, 'tsv'],
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(txt|text|md|markdown)$/i, 'text'],
];
const sideName = /^(train|validation|valid|val|dev|test)(-\d+(-of-\d+)?)?\.[^/]+$/i;
const sideAliases: Readonly<Record<string, Side>> = { train: 'train', test: 'test' };
const formats = 'JSONL, CSV, TSV, Parquet or plain text (.txt, .md), each also as .gz or .zst';

export function formatOf(name: string): FileFormat | undefined {
  const plain = name.replace(/\.(gz|zst)$/i, '');
  return extensions.find(([pattern]) => pattern.test(plain))?.[1];
}

/** Throws UserError where there is nothing that can be read. */
export async function findSource(request: SourceRequest, signal: AbortSignal): Promise<CorpusSource> {
  const { source } = request;
  if (source.includes('\0')) throw new UserError('The path holds a NUL character.', 'Check the path.');
  if (!(await exists(source)) && isGlob(source)) {
    const { root, pattern } = parseGlob(source);
    return fromFolder(root, basename(root), (name) => pattern.test(name), request, signal);
  }
  const path = resolve(source);
  const info = await stat(path).catch((error: unknown) => {
    throw isSystemError(error, 'ENOENT', 'ENOTDIR')
      ? new UserError(`There is no file or folder ${source}.`, 'Check the path.')
      : new UserError(`${source} ${unreadable(error)}.`, 'Check the path and your right to read it.');
  });
  return info.isDirectory() ? fromFolder(path, basename(path), undefined, request, signal) : fromFile(path, request);
}

async function fromFile(path: string, { source, format }: SourceRequest): Promise<CorpusSource> {
  const file = await describe(dirname(path), basename(path));
  if (typeof file === 'string') throw new UserError(`${source} is ${file}.`, 'Give the path of a file or a folder.');
  const found = format ?? formatOf(path) ?? (await sniff(path, source));
  return { name: title(file.name), format: found, files: [file], refused: [] };
}

async function fromFolder(
  root: string,
  name: string,
  chosen: ((name: string) => boolean) | undefined,
  { source, format, required }: SourceRequest,
  signal: AbortSignal,
): Promise<CorpusSource> {
  // Text files of a folder are documents unless the caller says that each is many.
  const formatIn = (file: string): FileFormat | undefined => {
    const own = formatOf(file);
    return own === 'text' && format !== 'text' ? 'files' : own;
  };
  const isWanted = (file: string): boolean => {
    if (chosen?.(file) === false) return false;
    const own = formatIn(file);
    return format === undefined ? own !== undefined : format === own || (chosen !== undefined && own === undefined);
  };
  const listing = await listFiles(root, isWanted, signal).catch((error: unknown) => {
    throw new UserError(`${source} ${unreadable(error)}.`, 'Check the path and your right to read it.');
  });
  if (listing.files.length === 0) throw nothingIn(source, listing.refused);

  const sided = chosen === undefined ? withSides(listing.files) : [];
  if (sided.length > 0) {
    for (const side of required.filter((wanted) => !sided.some((file) => file.side === wanted))) {
      throw new UserError(
        `${source} has files for ${[...new Set(sided.map((file) => file.side))].join(', ')}, but none for ${side}.`,
        `Add one named ${side}, or give one file for Polymath to split.`,
      );
    }
  }
  const files: readonly GivenFile[] = sided.length > 0 ? sided : listing.files;
  const found = [...new Set(files.map((file) => format ?? formatIn(file.name) ?? 'files'))];
  // Where texts lie beside tables, the tables usually describe them.
  const used = found.includes('files') ? 'files' : found[0];
  if (found.length > 1 && used !== 'files') {
    throw new UserError(`${source} holds files of several formats: ${found.join(', ')}.`, 'Say which format to read.');
  }
  const ofFormat = files.filter((file) => (format ?? formatIn(file.name) ?? 'files') === used);
  return { name: title(name), format: used, files: ofFormat, refused: listing.refused };
}

/** The files on top whose names give sides; none unless some are for training and some for another side. */
function withSides(files: readonly SourceFile[]): GivenFile[] {
  const sided = files.flatMap((file) => {
    const stem = sideName.exec(file.name)?.[1].toLowerCase();
    return stem === undefined ? [] : [{ ...file, side: sideAliases[stem] ?? ('validation' as const) }];
  });
  const order: readonly Side[] = ['train', 'validation', 'test'];
  return new Set(sided.map(({ side }) => side)).size > 1
    ? sided.sort((a, b) => order.indexOf(a.side) - order.indexOf(b.side))
    : [];
}

/** The format of a file whose name does not tell. */
async function sniff(path: string, source: string): Promise<FileFormat> {
  const next = `Give ${formats}, or say which format it is.`;
  let head: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of (await openBytes(path)).chunks) {
      head = chunk;
      break;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${source} ${unreadable(error)}.`, 'Check your right to read it.');
  }
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  if (/^(\uFEFF)?\s*\{/.test(head.subarray(0, 100).toString('utf8'))) return 'jsonl';
  if (head.length === 0) throw new UserError(`${source} is empty.`, next);
  throw new UserError(`Neither the name of ${source} nor its beginning tells its format.`, next);
}

function nothingIn(source: string, refused: readonly RejectionRecord[]): UserError {
  const reason = refused.length === 0 ? '' : ` ${refused[0].file}: ${refused[0].reason}.`;
  return new UserError(`${source} holds no file that can be imported.${reason}`, `Give ${formats}.`);
}

function title(name: string): string {
  const plain = name.replace(/\.(gz|zst)$/i, '').replace(/\.[A-Za-z0-9]{1,8}$/, '');
  return (plain === '' ? name : plain).slice(0, 200) || 'corpus';
}
