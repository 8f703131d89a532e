import { eachWord } from './words';
import type { BlockPlace, SegmentPlace } from './layout';
import { grown, Terms } from './terms';
import { VarintWriter } from './varint';

/** When a segment is full: its words and terms bound what stands in memory, its documents what a search counts at a time. */
export interface SegmentBounds {
  readonly words: number;
  readonly terms: number;
  readonly documents: number;
}
export const usualBounds: SegmentBounds = { words: 8_000_000, terms: 500_000, documents: 200_000 };

/** Terms of a block: what is read to find one. */
const BLOCK_TERMS = 128;

/** Gathers the words of documents that follow each other, and gives their segment of the index. */
export class SegmentWriter {
  private readonly terms = new Terms();
  /** The term of each word, text after text. */
  private words = new Int32Array(2 ** 16);
  private used = 0;
  private readonly lengths: number[] = [];

  constructor(private readonly bounds: SegmentBounds) {}

  get documents(): number {
    return this.lengths.length;
  }

  get isFull(): boolean {
    const { words, terms, documents } = this.bounds;
    return this.used >= words || this.terms.size >= terms || this.documents >= documents;
  }

  add(text: string): void {
    const before = this.used;
    eachWord(text, (units, length) => {
      if (this.used === this.words.length) this.words = grown(this.words, new Int32Array(2 * this.used));
      this.words[this.used++] = this.terms.numberOf(units, length);
    });
    this.lengths.push(this.used - before);
  }

  /** The pieces of the segment in their order, and its place where it begins at this byte of the file. Empties the writer. */
  finish(start: number): { readonly pieces: readonly Uint8Array[]; readonly place: SegmentPlace } {
    const { terms, blocks, documents, positions } = this.encode();
    const lengths = new Uint8Array(Uint32Array.from(this.lengths).buffer);
    const pieces = [documents, positions, lengths, terms];
    const ends = pieces.map(({ length }) => length);
    const begins = ends.map((_, i) => start + ends.slice(0, i).reduce((sum, length) => sum + length, 0));
    const place = {
      documents: this.documents,
      words: this.used,
      at: {
        documents: begins[0],
        positions: begins[1],
        lengths: begins[2],
        terms: begins[3],
        end: begins[3] + ends[3],
      },
      blocks,
    };
    this.terms.clear();
    this.lengths.length = this.used = 0;
    return { pieces, place };
  }

  private encode(): { terms: Uint8Array; blocks: BlockPlace[]; documents: Uint8Array; positions: Uint8Array } {
    const { starts, documentOf, positionOf } = this.byTerm();
    const [terms, documents, positions] = [new VarintWriter(), new VarintWriter(), new VarintWriter()];
    const blocks: BlockPlace[] = [];
    let before = '';
    const words = this.terms.all();
    const sorted = [...words.keys()].sort((a, b) => (words[a] < words[b] ? -1 : 1));
    sorted.forEach((term, i) => {
      const word = words[term];
      if (i % BLOCK_TERMS === 0) {
        blocks.push([word, terms.length, documents.length, positions.length]);
        before = '';
      }
      const [documentsBefore, positionsBefore] = [documents.length, positions.length];
      const range = { documentOf, positionOf, from: starts[term], to: starts[term + 1] };
      const count = addPostings(range, documents, positions);
      const shared = sharedLength(before, word);
      const rest = Buffer.from(word.slice(shared), 'utf16le');
      for (const number of [shared, rest.length]) terms.add(number);
      terms.addBytes(rest);
      for (const number of [count, documents.length - documentsBefore, positions.length - positionsBefore]) {
        terms.add(number);
      }
      before = word;
    });
    return { terms: terms.written, blocks, documents: documents.written, positions: positions.written };
  }

  /** The words sorted by their terms: those of a term are `starts[term] … starts[term + 1]`, in the order of the texts. */
  private byTerm(): { starts: Int32Array; documentOf: Int32Array; positionOf: Int32Array } {
    const starts = new Int32Array(this.terms.size + 1);
    for (let i = 0; i < this.used; i++) starts[this.words[i] + 1]++;
    for (let term = 0; term < this.terms.size; term++) starts[term + 1] += starts[term];
    const next = starts.slice();
    const [documentOf, positionOf] = [new Int32Array(this.used), new Int32Array(this.used)];
    let word = 0;
    this.lengths.forEach((length, document) => {
      for (let position = 0; position < length; position++) {
        const at = next[this.words[word++]]++;
        documentOf[at] = document;
        positionOf[at] = position;
      }
    });
    return { starts, documentOf, positionOf };
  }
}

interface Range {
  readonly documentOf: Int32Array;
  readonly positionOf: Int32Array;
  readonly from: number;
  readonly to: number;
}

/** Writes where a term stands; gives the number of its documents. */
function addPostings(
  { documentOf, positionOf, from, to }: Range,
  documents: VarintWriter,
  positions: VarintWriter,
): number {
  let [count, before] = [0, -1];
  for (let at = from; at < to; count++) {
    const document = documentOf[at];
    const first = at;
    for (let last = -1; at < to && documentOf[at] === document; last = positionOf[at++]) {
      positions.add(positionOf[at] - last - 1);
    }
    // Most terms stand in a text once: then a bit tells so.
    documents.add(2 * (document - before - 1) + (at - first === 1 ? 0 : 1));
    if (at - first > 1) documents.add(at - first - 2);
    before = document;
  }
  return count;
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
