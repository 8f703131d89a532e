/** Which documents hold what is looked for, and how much it says of each: BM25 (Robertson and Zaragoza 2009). */
import { setImmediate } from 'node:timers/promises';
import type { DocumentSet } from '../base/document-set';
import type { SegmentPlace } from './layout';
import { addCounts, followed, type Places, placesOf, united } from './postings';
import type { Needle, Needles } from './query';
import type { Term, WordIndex } from './word-index';

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
  for (const [i, segment] of index.segments.entries()) {
    const counts = await Promise.all(required.map((needle) => countsOf(index, segment, needle)));
    const against = await Promise.all(without.map((needle) => countsOf(index, segment, needle)));
    counts.forEach((count, needle) => (frequencies[needle] += present(count)));
    parts.push(common(first, counts, against, among, index.lengths[i]));
    first += segment.documents;
    // A search of common words takes long enough for others to wait.
    await setImmediate();
    signal?.throwIfAborted();
  }
  return scored(index, required, frequencies, parts);
}

function present(counts: Int32Array): number {
  let present = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] > 0) present++;
  return present;
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
  for (let i = 0; i < found.length; i++) found[i] = i;
  let size = found.length;
  const keep = (count: Int32Array, isWanted: boolean): void => {
    let kept = 0;
    for (let row = 0; row < size; row++) if (count[found[row]] > 0 === isWanted) found[kept++] = found[row];
    size = kept;
  };
  for (const count of counts) keep(count, true);
  for (const count of against) keep(count, false);
  const here = found.subarray(0, size).filter((i) => among === undefined || among.has(first + i));
  return {
    documents: here.map((i) => first + i),
    counts: counts.map((count) => valuesAt(count, here)),
    lengths: valuesAt(lengths, here),
  };
}

function valuesAt(values: Int32Array | Uint32Array, places: Int32Array): Int32Array {
  const found = new Int32Array(places.length);
  for (let i = 0; i < places.length; i++) found[i] = values[places[i]];
  return found;
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
  let from = 0;
  for (const { documents, counts, lengths } of parts) {
    hits.documents.set(documents, from);
    const scores = hits.scores.subarray(from, (from += documents.length));
    frequencies.forEach((n, i) => {
      // A phrase says as much as its words do one by one, were each as rare.
      const weight = needles[i].words.length * Math.log(1 + (total - n + 0.5) / (n + 0.5));
      const count = counts[i];
      for (let row = 0; row < scores.length; row++) {
        const slow = K1 * (1 - B + (B * lengths[row]) / meanLength);
        scores[row] += (weight * count[row]) / (count[row] + slow);
      }
    });
  }
  return hits;
}

/** How often a needle stands in each document of a segment. */
async function countsOf(index: WordIndex, segment: SegmentPlace, { words, isBeginning }: Needle): Promise<Int32Array> {
  const slots = await Promise.all(
    words.map((word, i) => index.terms(segment, word, isBeginning && i === words.length - 1)),
  );
  const counts = new Int32Array(segment.documents);
  if (slots.some((terms) => terms.length === 0)) return counts;
  if (slots.length === 1) {
    const [terms] = slots;
    // Terms that follow each other lie so in the file.
    const bytes = await index.read([terms[0].documentBytes[0], terms[terms.length - 1].documentBytes[1]]);
    let at = 0;
    for (const { documents } of terms) at = addCounts(bytes, at, documents, counts);
    return counts;
  }
  const [first, ...others] = await Promise.all(slots.map((terms) => placesIn(index, segment, terms)));
  const { starts } = others.reduce((phrase, next, i) => followed(phrase, next, i + 1), first);
  for (let document = 0; document < counts.length; document++)
    counts[document] = starts[document + 1] - starts[document];
  return counts;
}

async function placesIn(index: WordIndex, segment: SegmentPlace, terms: readonly Term[]): Promise<Places> {
  const all: Places[] = [];
  for (const { documents, documentBytes, positionBytes } of terms) {
    const counts = new Int32Array(segment.documents);
    addCounts(await index.read(documentBytes), 0, documents, counts);
    all.push(placesOf(await index.read(positionBytes), counts));
  }
  return united(all);
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
