/**
 * The index of a dataset's words, one file:
 *
 *     "PMW1" · segments · footer (JSON) · length of the footer (uint32, little endian) · "PMW1"
 *
 * A segment holds the words of documents that follow each other, so that an index comes about in bounded memory and nothing is ever
 * sorted but the terms of one segment:
 *
 *     documents   of each term, in the order of terms: of each document that holds it, its distance from the one before, and how often
 *     positions   of each term and each of its documents: the places in the text, counted in words, by their distances
 *     lengths     uint32 [documents]: words of each text
 *     terms       each term, by how much it shares with the one before, and how many documents and bytes are its own
 *
 * The footer tells where all that lies, and every 128th term of each segment, so that one short read finds a term.
 */
import { z } from 'zod';

export const magic = Buffer.from('PMW1');
/** Rises when the same texts would give another index: one of another number is made anew. */
export const version = 1;

const count = z.int().nonnegative();

/** A block of terms: its first, and the bytes before it among terms, documents and positions. */
const blockPlace = z.tuple([z.string(), count, count, count]);
export type BlockPlace = z.infer<typeof blockPlace>;

const segmentPlace = z.strictObject({
  documents: count,
  words: count,
  /** Where each part begins in the file, and the last one ends. */
  at: z.strictObject({ documents: count, positions: count, lengths: count, terms: count, end: count }),
  blocks: z.array(blockPlace),
});
export type SegmentPlace = z.infer<typeof segmentPlace>;

export const footer = z.strictObject({ version: z.literal(version), segments: z.array(segmentPlace) });
export type Footer = z.infer<typeof footer>;
