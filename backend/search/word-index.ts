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

/** The index of a dataset's words while somebody looks in it. */
export class WordIndex {
  private constructor(
    private readonly file: FileHandle,
    readonly segments: readonly SegmentPlace[],
  ) {}

  /** `known`: the segments, where they were read before. Throws DamagedIndexError. */
  static async open(path: string, known?: readonly SegmentPlace[]): Promise<WordIndex> {
    const file = await open(path, 'r');
    try {
      return new WordIndex(file, known ?? (await readFooter(file)));
    } catch (error) {
      await file.close();
      throw error;
    }
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

  /** Words of each document of a segment. */
  async lengths({ at }: SegmentPlace): Promise<Uint32Array> {
    return new Uint32Array((await this.read([at.lengths, at.terms])).slice().buffer);
  }

  /** Throws DamagedIndexError where the file ends before. */
  async read([from, to]: Bytes): Promise<Uint8Array> {
    const bytes = new Uint8Array(to - from);
    const { bytesRead } = await this.file.read(bytes, 0, bytes.length, from);
    if (bytesRead !== bytes.length) throw new DamagedIndexError('it ends too early');
    return bytes;
  }
}

async function readFooter(file: FileHandle): Promise<readonly SegmentPlace[]> {
  const { size } = await file.stat();
  const last = Buffer.alloc(4 + magic.length);
  await file.read(last, 0, last.length, size - last.length);
  const length = last.readUInt32LE();
  if (!last.subarray(4).equals(magic) || length > size) throw new DamagedIndexError('it does not end as one');
  const json = Buffer.alloc(length);
  await file.read(json, 0, length, size - last.length - length);
  try {
    return footer.parse(JSON.parse(json.toString('utf8'))).segments;
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
