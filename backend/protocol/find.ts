/** Looking for documents: what is asked, and what comes back. */
import { z } from 'zod';
import { documentRow, id, pageParams, pileRow } from './records';

const text = z.string();
const count = z.int().nonnegative();

/** A part of a text, in UTF-16 units. */
const stretch = z.strictObject({ start: count, end: count });
export type Stretch = z.infer<typeof stretch>;

export const findRequest = z.strictObject({
  /** See `search/query.ts`. */
  query: z.string().max(2000),
  /** Where is looked, unless the query names it: the dataset of the split, else the newest one. */
  dataset: id('data').optional(),
  /** Whose piles are meant: the newest split of the dataset by default. */
  clustering: id('split').optional(),
  /** The query is still being typed: its last word may be the beginning of one. */
  typing: z.boolean().default(false),
  offset: pageParams.offset,
  limit: z.int().min(1).max(200).default(20),
});

export const foundDocument = z.strictObject({
  document: documentRow,
  /** Where it lies in the split; absent where it does not. */
  placed: pileRow.optional(),
  /** A piece of the text on one line, and what in it was looked for. */
  snippet: z.strictObject({ text, marks: z.array(stretch) }),
  /** Where the text has the most of what was looked for; absent where no words were. */
  match: stretch.optional(),
});
export type FoundDocument = z.infer<typeof foundDocument>;

export const foundPage = z.strictObject({
  /** All that were found: exact. */
  total: count,
  /** Documents of the dataset, found or not. */
  of: count,
  items: z.array(foundDocument),
  /** Where was looked; absent where the project has no dataset. */
  dataset: z.strictObject({ id: id('data'), name: text }).optional(),
  split: z.strictObject({ id: id('split'), name: text }).optional(),
  /** By how well the words fit (BM25), or as in the dataset. */
  order: z.enum(['fit', 'dataset']),
  /** Why nothing was looked for: words are found by an index, which is to be made first (a run of the kind `index`). */
  unindexed: z.enum(['missing', 'damaged']).optional(),
});
export type FoundPage = z.infer<typeof foundPage>;
