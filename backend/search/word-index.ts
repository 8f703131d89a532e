import { type FileHandle, open } from 'node:fs/promises';
import { type BlockPlace, footer, magic, type SegmentPlace } from './layout';
import { VarintReader } from './varint';

/** A term of a segment, and where it stands. */
export interface Term {
  readonly word: string;
  /** Documents of the segment that hold it. */
  readonly documents: number;
  /** In the file, from one byte to another. */
  readonly documentBytes: Bytes;
  readonly positionBytes: Bytes;
}
type Bytes = readonly [from: number, to: number];

/** An index that is no whole one: cut short, or not as it was written. */
export class DamagedIndexError extends Error {
  override readonly name = 'DamagedIndexError';
}

/** What is kept of an index: some MB for a million documents. */
export interface IndexContents {
  readonly segments: readonly SegmentPlace[];
  /** Of each segment: words of each of its documents. */
  readonly lengths: readonly Uint32Array[];
}

/** The index of a dataset's words while somebody looks in it. */
export class WordIndex {
  private constructor(
    private readonly file: FileHandle,
    readonly contents: IndexContents,
  ) {}

  /** `known`: its contents, where they were read before. Throws DamagedIndexError. */
  static async open(path: string, known?: IndexContents): Promise<WordIndex> {
    const file = await open(path, 'r');
    try {
      return new WordIndex(file, known ?? (await readContents(file)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get segments(): readonly SegmentPlace[] {
    return this.contents.segments;
  }

  get lengths(): readonly Uint32Array[] {
    return this.contents.lengths;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** The terms of a segment that are the word, or begin with it, in their order. */
  async terms({ blocks, at }: SegmentPlace, word: string, isBeginning: boolean): Promise<Term[]> {
    const found: Term[] = [];
    for (let block = lastBlockUpTo(blocks, word); block < blocks.length; block++) {
      const [first, from, documents, positions] = blocks[block];
      if (first > word && !(isBeginning && first.startsWith(word))) break;
      const end = block + 1 < blocks.length ? at.terms + blocks[block + 1][1] : at.end;
      const bytes = await this.read([at.terms + from, end]);
      for (const term of termsOf(bytes, at.documents + documents, at.positions + positions)) {
        if (term.word === word || (isBeginning && term.word.startsWith(word))) found.push(term);
        else if (term.word > word) return found;
      }
    }
    return found;
  }

  /** Throws DamagedIndexError where the file ends before. */
  read(bytes: Bytes): Promise<Uint8Array> {
    return readBytes(this.file, bytes);
  }
}

async function readBytes(file: FileHandle, [from, to]: Bytes): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(0, to - from));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  if (bytesRead !== bytes.length) throw new DamagedIndexError('it ends too early');
  return bytes;
}

async function readContents(file: FileHandle): Promise<IndexContents> {
  const { size } = await file.stat();
  const end = size - 4 - magic.length;
  if (end < 0) throw new DamagedIndexError('it is too short');
  const last = Buffer.from(await readBytes(file, [end, size]));
  const length = last.readUInt32LE();
  if (!last.subarray(4).equals(magic) || length > end) throw new DamagedIndexError('it does not end as one');
  const json = await readBytes(file, [end - length, end]);
  const segments = segmentsIn(new TextDecoder().decode(json));
  const lengths: Uint32Array[] = [];
  for (const { at } of segments) lengths.push(new Uint32Array((await readBytes(file, [at.lengths, at.terms])).buffer));
  return { segments, lengths };
}

function segmentsIn(json: string): readonly SegmentPlace[] {
  try {
    return footer.parse(JSON.parse(json)).segments;
  } catch {
    throw new DamagedIndexError('its footer cannot be read');
  }
}

/** The last block that begins no later than the word: it may stand there, as may the first that begin with it. */
function lastBlockUpTo(blocks: readonly BlockPlace[], word: string): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle][0] <= word) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function* termsOf(bytes: Uint8Array, documentsAt: number, positionsAt: number): Generator<Term> {
  const reader = new VarintReader(bytes);
  let word = '';
  while (!reader.isDone) {
    const shared = reader.next();
    word = word.slice(0, shared) + Buffer.from(reader.take(reader.next())).toString('utf16le');
    const [documents, documentBytes, positionBytes] = [reader.next(), reader.next(), reader.next()];
    yield {
      word,
      documents,
      documentBytes: [documentsAt, documentsAt + documentBytes],
      positionBytes: [positionsAt, positionsAt + positionBytes],
    };
    documentsAt += documentBytes;
    positionsAt += positionBytes;
  }
}
