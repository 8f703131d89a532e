/** Which documents hold what is looked for, and how much it says of each: BM25 (Robertson and Zaragoza 2009). */
import { setImmediate } from 'node:timers/promises';
import type { DocumentSet } from '../base/document-set';
import type { SegmentPlace } from './layout';
import type { Needle, Needles } from './query';
import type { Term, WordIndex } from './word-index';
import { VarintReader } from './varint';

/** Documents in the order of the dataset, each with its score. */
export interface Hits {
  readonly documents: Int32Array;
  readonly scores: Float32Array;
}

/** How soon a word that is said again adds little, and how much of a text's length is held against it: the usual values. */
const K1 = 1.2;
const B = 0.75;

/** What one segment gives. */
interface Found {
  readonly documents: Int32Array;
  /** Of each needle and document, how often it stands there. */
  readonly counts: readonly Int32Array[];
  readonly lengths: Int32Array;
}

/** Of those `among`, where that is given. Throws DamagedIndexError, and the reason of the signal when it is aborted. */
export async function findWords(
  index: WordIndex,
  { required, without }: Needles,
  among: DocumentSet | undefined,
  signal: AbortSignal | undefined,
): Promise<Hits> {
  const frequencies = required.map(() => 0);
  const parts: Found[] = [];
  let first = 0;
  for (const segment of index.segments) {
    const counts = await Promise.all(required.map((needle) => countsOf(index, segment, needle)));
    const against = await Promise.all(without.map((needle) => countsOf(index, segment, needle)));
    counts.forEach((count, i) => (frequencies[i] += count.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0)));
    parts.push(common(first, counts, against, among, await index.lengths(segment)));
    first += segment.documents;
    // A search of common words takes long enough for others to wait.
    await setImmediate();
    signal?.throwIfAborted();
  }
  return scored(index, required, frequencies, parts);
}

/** The documents of a segment that hold all of these and none of those. */
function common(
  first: number,
  counts: readonly Int32Array[],
  against: readonly Int32Array[],
  among: DocumentSet | undefined,
  lengths: Uint32Array,
): Found {
  const found = new Int32Array(lengths.length);
  let size = 0;
  for (let i = 0; i < lengths.length; i++) {
    if (counts.every((count) => count[i] > 0) && against.every((count) => count[i] === 0)) {
      if (among === undefined || among.has(first + i)) found[size++] = i;
    }
  }
  const here = found.slice(0, size);
  return {
    documents: here.map((i) => first + i),
    counts: counts.map((count) => here.map((i) => count[i])),
    lengths: here.map((i) => lengths[i]),
  };
}

function scored(
  { segments }: WordIndex,
  needles: readonly Needle[],
  frequencies: readonly number[],
  parts: readonly Found[],
): Hits {
  const total = segments.reduce((sum, { documents }) => sum + documents, 0);
  const meanLength = segments.reduce((sum, { words }) => sum + words, 0) / Math.max(1, total);
  const size = parts.reduce((sum, { documents }) => sum + documents.length, 0);
  const hits = { documents: new Int32Array(size), scores: new Float32Array(size) };
  // A phrase says as much as its words do one by one, were each as rare.
  const weights = frequencies.map((n, i) => needles[i].words.length * Math.log(1 + (total - n + 0.5) / (n + 0.5)));
  let at = 0;
  for (const { documents, counts, lengths } of parts) {
    hits.documents.set(documents, at);
    for (let row = 0; row < documents.length; row++, at++) {
      const slow = K1 * (1 - B + (B * lengths[row]) / meanLength);
      hits.scores[at] = weights.reduce(
        (sum, weight, i) => sum + (weight * counts[i][row]) / (counts[i][row] + slow),
        0,
      );
    }
  }
  return hits;
}

/** How often a needle stands in each document of a segment. */
async function countsOf(index: WordIndex, segment: SegmentPlace, { words, isBeginning }: Needle): Promise<Int32Array> {
  const terms = await Promise.all(
    words.map((word, i) => index.terms(segment, word, isBeginning && i === words.length - 1)),
  );
  const counts = new Int32Array(segment.documents);
  if (terms.some(({ length }) => length === 0)) return counts;
  if (words.length > 1) return phraseCounts(await Promise.all(terms.map((slot) => placesOf(index, segment, slot))));
  // Terms that follow each other lie so in the file.
  const bytes = await index.read([terms[0][0].documentBytes[0], terms[0][terms[0].length - 1].documentBytes[1]]);
  const reader = new VarintReader(bytes);
  for (const { documents } of terms[0])
    eachPosting(reader, documents, (document, count) => (counts[document] += count));
  return counts;
}

function eachPosting(reader: VarintReader, documents: number, visit: (document: number, count: number) => void): void {
  let document = -1;
  for (let i = 0; i < documents; i++) {
    const step = reader.next();
    document += 1 + (step >> 1);
    visit(document, (step & 1) === 0 ? 1 : reader.next() + 2);
  }
}

/** Where terms stand: in document d at `places[starts[d] … starts[d + 1])`, rising. */
interface Places {
  readonly starts: Int32Array;
  readonly places: Int32Array;
}

async function placesOf(index: WordIndex, segment: SegmentPlace, terms: readonly Term[]): Promise<Places> {
  const last = terms[terms.length - 1];
  const documents = await index.read([terms[0].documentBytes[0], last.documentBytes[1]]);
  const starts = new Int32Array(segment.documents + 1);
  const counting = new VarintReader(documents);
  for (const term of terms) eachPosting(counting, term.documents, (document, count) => (starts[document + 1] += count));
  for (let i = 0; i < segment.documents; i++) starts[i + 1] += starts[i];
  const places = new Int32Array(starts[segment.documents]);
  const next = starts.slice();
  const reader = new VarintReader(documents);
  const positions = new VarintReader(await index.read([terms[0].positionBytes[0], last.positionBytes[1]]));
  for (const term of terms) {
    eachPosting(reader, term.documents, (document, count) => {
      let place = -1;
      for (let i = 0; i < count; i++) places[next[document]++] = place += 1 + positions.next();
    });
  }
  if (terms.length > 1) for (let i = 0; i < segment.documents; i++) places.subarray(starts[i], starts[i + 1]).sort();
  return { starts, places };
}

/** How often places of the slots follow each other, in each document. */
function phraseCounts(slots: readonly Places[]): Int32Array {
  const counts = new Int32Array(slots[0].starts.length - 1);
  for (let document = 0; document < counts.length; document++) {
    const at = slots.map(({ starts }) => starts[document]);
    if (slots.some(({ starts }, i) => at[i] === starts[document + 1])) continue;
    const [{ starts, places }] = slots;
    for (let i = starts[document]; i < starts[document + 1]; i++) {
      if (slots.every((slot, offset) => reaches(slot, document, at, offset, places[i] + offset))) counts[document]++;
    }
  }
  return counts;
}

/** Moves on in a slot to the first place from here on, and tells whether it is this one. */
function reaches({ starts, places }: Places, document: number, at: number[], slot: number, place: number): boolean {
  while (at[slot] < starts[document + 1] && places[at[slot]] < place) at[slot]++;
  return at[slot] < starts[document + 1] && places[at[slot]] === place;
}

/** Places in `hits` of the best, from one rank to another: the highest scores first, equal ones in the order of the dataset. */
export function ranked({ documents, scores }: Hits, from: number, to: number): number[] {
  const better = (a: number, b: number): number => scores[b] - scores[a] || a - b;
  const best: number[] = [];
  let bar = -Infinity;
  for (let i = 0; i < documents.length; i++) {
    if (scores[i] <= bar) continue;
    best.push(i);
    // What has no chance any more goes, once there is twice as much as is wanted.
    if (best.length < 2 * to) continue;
    best.sort(better).length = to;
    bar = scores[best[to - 1]];
  }
  return best.sort(better).slice(from, to);
}
