/** Finds what a spec names: the files, their format, and the sides that their names give. */
import { formatNumber } from '../../base/format';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UserError } from '../../base/errors';
import { exists, isSystemError } from '../../base/files';
import { type RejectionRecord, type Side, sides } from '../../protocol/records';
import { openBytes } from './bytes';
import { endingOf, type FileFormat, formatOf, isAbout, isDescription, sideOf } from './formats';
import { describe, isGlob, listFiles, parseGlob, type SourceFile, unreadable } from './listing';

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
  /** Files of a folder that are not read, and why, in sentences. */
  readonly unread: readonly string[];
}

export interface SourceRequest {
  readonly source: string;
  readonly format?: FileFormat | undefined;
}

type Choice = Pick<CorpusSource, 'format' | 'files'> & { readonly unread: readonly string[] };

const formats = 'JSON, CSV, TSV, Parquet, Arrow or plain text (.txt, .md), each also as .gz or .zst';

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
  const own = formatOf(path);
  const found = format ?? (own === 'files' ? undefined : own) ?? (await sniff(path, source));
  if (format === undefined && isDescription(path)) throw onlyDescription(source, dirname(path));
  return { name: title(file.name), format: found, files: [file], refused: [], unread: [] };
}

async function fromFolder(
  root: string,
  name: string,
  chosen: ((name: string) => boolean) | undefined,
  { source, format }: SourceRequest,
  signal: AbortSignal,
): Promise<CorpusSource> {
  const isWanted = (file: string): boolean => {
    if (chosen?.(file) === false || (format === undefined && isDescription(file))) return false;
    const own = formatIn(file, format);
    return format === undefined ? own !== undefined : format === own || (chosen !== undefined && own === undefined);
  };
  const listing = await listFiles(root, isWanted, signal).catch((error: unknown) => {
    throw new UserError(`${source} ${unreadable(error)}.`, 'Check the path and your right to read it.');
  });
  const passed = chosen === undefined ? listing.passed : listing.passed.filter(chosen);
  if (listing.files.length === 0) throw nothingIn(source, listing.refused, passed);
  const choice = chooseFiles(source, listing.files, format);
  const sided = withSides(choice.files);
  const files = sided.length > 0 ? sided : choice.files;
  if (sided.length > 0 && !sided.some(({ side }) => side === 'train')) throw noTraining(source, sided);
  const withoutSide = choice.files.filter(({ name: own }) => !files.some((file) => file.name === own));
  const unread = [
    ...choice.unread,
    ...(withoutSide.length === 0 ? [] : [`${shown(withoutSide)}: names that give no side, beside some that do`]),
    ...(passed.length === 0 ? [] : [byEnding(passed)]),
    ...(listing.skipped.length === 0 || chosen !== undefined ? [] : [`folders of programs: ${list(listing.skipped)}`]),
  ];
  return { name: title(name), format: choice.format, files, refused: listing.refused, unread };
}

/** Text files of a folder are documents unless the caller says that each is many. */
function formatIn(name: string, asked: FileFormat | undefined): FileFormat | undefined {
  const own = formatOf(name);
  return own === 'text' && asked !== 'text' ? 'files' : own;
}

/** The files of one format. Throws UserError where there are several, and nothing says which is meant. */
function chooseFiles(source: string, all: readonly SourceFile[], asked: FileFormat | undefined): Choice {
  const formatOfFile = ({ name }: SourceFile): FileFormat => asked ?? formatIn(name, asked) ?? 'files';
  const hasTables = all.some((file) => formatOfFile(file) !== 'files');
  // Beside tables of data, a README tells of them; among texts it is one.
  const about =
    hasTables && asked === undefined ? all.filter((file) => formatOfFile(file) === 'files' && isAbout(file.name)) : [];
  const files = all.filter((file) => !about.includes(file));
  const found = [...new Set(files.map(formatOfFile))];
  if (found.length > 1) {
    const counted = found.map((format) => {
      const own = files.filter((file) => formatOfFile(file) === format);
      return `${format} (${own.length}${format === 'files' ? `: ${endingsOf(own.map(({ name }) => name))}` : ''})`;
    });
    const options = found.map((format) => `{format} ${format}`);
    throw new UserError(
      `${source} holds files of several formats: ${counted.join(', ')}.`,
      `Say which to read: ${options.join(' or ')}.`,
    );
  }
  const unread = about.length === 0 ? [] : [`${shown(about)}: about the data`];
  return { format: found[0], files, unread };
}

/** The files whose names give sides; none unless some are for training and some for another side. */
function withSides(files: readonly SourceFile[]): GivenFile[] {
  const sided = files.flatMap((file) => {
    const side = sideOf(file.name);
    return side === undefined ? [] : [{ ...file, side }];
  });
  return new Set(sided.map(({ side }) => side)).size > 1
    ? sided.sort((a, b) => sides.indexOf(a.side) - sides.indexOf(b.side))
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
  if (head.subarray(0, 6).toString('latin1') === 'ARROW1') return 'arrow';
  if (/^(\uFEFF)?\s*[[{]/.test(head.subarray(0, 100).toString('utf8'))) return 'jsonl';
  if (head.length === 0) throw new UserError(`${source} is empty.`, next);
  throw new UserError(`Neither the name of ${source} nor its beginning tells its format.`, next);
}

function nothingIn(source: string, refused: readonly RejectionRecord[], passed: readonly string[]): UserError {
  const reason = refused.length === 0 ? '' : ` ${refused[0].file}: ${refused[0].reason}.`;
  const others = passed.length === 0 ? '' : ` It has ${byEnding(passed)}.`;
  return new UserError(`${source} holds no file that can be imported.${reason}${others}`, `Give ${formats}.`);
}

function noTraining(source: string, files: readonly GivenFile[]): UserError {
  return new UserError(
    `${source} has files for ${[...new Set(files.map((file) => file.side))].join(', ')}, but none for train.`,
    'Add one named train, or give one file for Polymath to split.',
  );
}

function onlyDescription(source: string, folder: string): UserError {
  return new UserError(`${source} describes a dataset and holds none of it.`, `Import the folder: ${folder}`);
}

const most = 5;

function list(names: readonly string[]): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

function shown(files: readonly SourceFile[]): string {
  return list(files.map(({ name }) => name));
}

/** ".md, .py" */
function endingsOf(names: readonly string[]): string {
  return list([...new Set(names.map(endingOf))].map((ending) => (ending === '' ? 'no ending' : `.${ending}`)));
}

/** "40 files with other endings (.png 38, .pdf 2)" */
function byEnding(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(endingOf(name), (counts.get(endingOf(name)) ?? 0) + 1);
  const each = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([ending, count]) => `${ending === '' ? 'none' : `.${ending}`} ${count}`);
  return `${formatNumber(names.length, 'file with another ending', 'files with other endings')} (${list(each)})`;
}

function title(name: string): string {
  const plain = name.replace(/\.(gz|zst)$/i, '').replace(/\.[A-Za-z0-9]{1,8}$/, '');
  return (plain === '' ? name : plain).slice(0, 200) || 'corpus';
}
