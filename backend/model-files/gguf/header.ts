/**
 * Headers of GGUF files, versions 2 and 3, little-endian: metadata, and where the tensors lie. Every count, length and offset
 * is checked against the file's size before anything is made from it.
 */
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../base/errors';
import { isSystemError } from '../../base/files';
import { Cursor } from './cursor';
import { type GgufMetadata, readMetadata } from './metadata';
import { ggmlType, type GgmlType, ggmlTypeName, readableTypes } from './types';

/** Where a tensor lies. */
export interface GgufTensor {
  readonly file: string;
  readonly type: GgmlType;
  /** Rows first, as PyTorch counts; the file has it the other way round. */
  readonly shape: readonly number[];
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
}

export interface Gguf {
  /** The file, or all parts of a split model in order. */
  readonly files: readonly string[];
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** Bytes of metadata and tensor infos: vocabularies of 250,000 tokens with their merges take about 10 MB. */
const largestHeader = 2 ** 25;
/** Models have about ten tensors a layer; experts are stacked into one. */
const mostTensors = 2 ** 16;
/** Bytes of a tensor's name: what ggml has room for. */
const longestName = 64;
/** ggml has no more dimensions. */
const mostDimensions = 4;
/** Bytes between the beginnings of tensors; usually 32. */
const largestAlignment = 2 ** 16;
/** A tensor's info: name with its length, number of dimensions, one of them, type, offset. */
const smallestInfo = 8 + 1 + 4 + 8 + 4 + 8;

const partName = /^(.*)-\d{5}-of-(\d{5})\.gguf$/;

/**
 * Reads the header of a GGUF file, and of all parts where the model is split. Throws UserError for a file that is missing,
 * truncated, malformed, big-endian, or has tensors of a type that is not read here.
 */
export async function readGguf(path: string): Promise<Gguf> {
  const one = await readPart(path);
  const count = one.metadata.optionalCount('split.count') ?? 1;
  if (count <= 1) return one;
  const [, stem, total] = partName.exec(basename(path)) ?? [];
  if (Number(total) !== count) {
    throw new UserError(
      `${path} is one of ${count} parts of a model, and its name does not say which.`,
      'Put all parts into one folder under their own names, which end with -00001-of-00002.gguf or the like.',
    );
  }
  const parts: Gguf[] = [];
  for (let i = 1; i <= count; i++) {
    const part = join(dirname(path), `${stem}-${String(i).padStart(5, '0')}-of-${total}.gguf`);
    parts.push(part === path ? one : await readPart(part));
  }
  return joined(path, parts);
}

function joined(path: string, parts: readonly Gguf[]): Gguf {
  const wrong = (why: string): UserError =>
    new UserError(`The parts of ${path} do not belong together: ${why}.`, 'Fetch all parts again.');
  const tensors = new Map<string, GgufTensor>();
  for (const [i, part] of parts.entries()) {
    const { metadata } = part;
    if (metadata.optionalCount('split.count') !== parts.length || metadata.optionalCount('split.no') !== i) {
      throw wrong(`${part.files[0]} does not say that it is part ${i + 1} of ${parts.length}`);
    }
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name)) throw wrong(`${name} is in two of them`);
      tensors.set(name, tensor);
    }
  }
  const { metadata } = parts[0];
  const total = metadata.optionalCount('split.tensors.count') ?? tensors.size;
  if (total !== tensors.size) throw wrong(`they have ${tensors.size} of ${total} tensors`);
  return { files: parts.flatMap(({ files }) => files), metadata, tensors };
}

async function readPart(path: string): Promise<Gguf> {
  const size = await fileSize(path);
  const file = await open(path, 'r');
  try {
    return parse(new Cursor(path, file.fd, Math.min(size, largestHeader)), size);
  } finally {
    await file.close();
  }
}

async function fileSize(path: string): Promise<number> {
  const next = 'Check the path, or fetch the file again.';
  const info = await stat(path).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new UserError(`${path} does not exist.`, next);
  });
  // Opening a pipe would wait for ever.
  if (!info.isFile()) throw new UserError(`${path} is not a file.`, next);
  return info.size;
}

function parse(cursor: Cursor, size: number): Gguf {
  if (cursor.remaining < 24 || cursor.bytes(4).toString('latin1') !== 'GGUF') {
    throw cursor.damaged('it does not begin with GGUF and a version');
  }
  checkVersion(cursor);
  const tensorCount = cursor.count('the number of tensors');
  const metadata = readMetadata(cursor, cursor.count('the number of metadata entries'));
  const infos = readInfos(cursor, tensorCount);
  const alignment = metadata.optionalCount('general.alignment') ?? 32;
  if (alignment < 1 || alignment > largestAlignment || (alignment & (alignment - 1)) !== 0) {
    throw cursor.damaged(`its tensors would be aligned to ${alignment} bytes`);
  }
  const start = Math.ceil(cursor.position / alignment) * alignment;
  return { files: [cursor.path], metadata, tensors: place(cursor, infos, { start, size, alignment }) };
}

function checkVersion(cursor: Cursor): void {
  const bytes = cursor.bytes(4);
  const version = bytes.readUInt32LE();
  if (version === 2 || version === 3) return;
  if (bytes.readUInt32BE() === 2 || bytes.readUInt32BE() === 3) {
    throw new UserError(
      `${cursor.path} is a big-endian GGUF file.`,
      'Use the little-endian file of the same model: big-endian ones are for IBM mainframes.',
    );
  }
  throw new UserError(
    `${cursor.path} is GGUF version ${version}; versions 2 and 3 are read.`,
    'Use a file that a newer llama.cpp wrote.',
  );
}

interface Info {
  readonly type: GgmlType;
  readonly shape: readonly number[];
  /** Bytes from the beginning of the data. */
  readonly offset: number;
  readonly length: number;
}

function readInfos(cursor: Cursor, count: number): Map<string, Info> {
  if (count > Math.min(mostTensors, cursor.remaining / smallestInfo)) {
    throw cursor.damaged(`it would have ${count} tensors`);
  }
  const infos = new Map<string, Info>();
  for (let i = 0; i < count; i++) {
    const name = cursor.string(`the name of tensor ${i + 1}`, longestName);
    if (infos.has(name)) throw cursor.damaged(`it has the tensor ${name} twice`);
    infos.set(name, readInfo(cursor, name));
  }
  return infos;
}

function readInfo(cursor: Cursor, name: string): Info {
  const dimensions = cursor.uint32();
  if (dimensions < 1 || dimensions > mostDimensions)
    throw cursor.damaged(`${name} would have ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.count(`a dimension of ${name}`)).reverse();
  const id = cursor.uint32();
  const type = ggmlType(id);
  if (type === undefined) {
    throw new UserError(
      `${cursor.path} cannot be read: its tensor ${name} is quantised as ${ggmlTypeName(id)}.`,
      `Use a file of the same model with these types: ${readableTypes}.`,
    );
  }
  const values = shape.reduce((product, dim) => product * dim, 1);
  const columns = shape[shape.length - 1];
  if (values < 1 || values > Number.MAX_SAFE_INTEGER || columns % type.values !== 0) {
    throw cursor.damaged(`${name} cannot have the shape [${shape.join(', ')}] and the type ${type.name}`);
  }
  const length = (values / type.values) * type.bytes;
  return { type, shape, offset: cursor.count(`the offset of ${name}`), length };
}

/** The tensors' places in the file, which they share without holes or overlaps but for alignment. */
function place(
  cursor: Cursor,
  infos: ReadonlyMap<string, Info>,
  { start, size, alignment }: { start: number; size: number; alignment: number },
): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  let end = start;
  for (const [name, info] of [...infos].sort(([, a], [, b]) => a.offset - b.offset)) {
    const { type, shape, length } = info;
    const offset = start + info.offset;
    const expected = Math.ceil(end / alignment) * alignment;
    if (offset < expected) throw cursor.damaged(`${name} overlaps the tensor before it`);
    if (offset > expected) throw cursor.damaged(`no tensor holds the ${offset - expected} bytes before ${name}`);
    end = offset + length;
    if (end > size) throw cursor.damaged(`it ends before the tensor ${name} does`);
    tensors.set(name, { file: cursor.path, type, shape, offset, length });
  }
  return tensors;
}
