/** What people decide on documents and piles, and what speaks for the pile that a document is in. */
import { z } from 'zod';
import { documentRow, id, placement, shortText, time, unionRecord } from './records';

const text = z.string();
const count = z.int().nonnegative();

/** A person's move of a document to another pile. */
export const moveRecord = z.strictObject({
  sequence: z.int().positive(),
  clustering: id('split'),
  document: count,
  from: count,
  to: count,
  created: time,
  undone: z.boolean(),
});
export type MoveRecord = z.infer<typeof moveRecord>;

/** A person's decision that a document stays in its pile when a split goes on from this one, or need not. */
export const pinRecord = z.strictObject({
  clustering: id('split'),
  document: count,
  pinned: z.boolean(),
  created: time,
  undone: z.boolean(),
});
export type PinRecord = z.infer<typeof pinRecord>;

/** A person's decision that a document takes no part in runs, or takes part again: in all splits of its dataset. */
export const exclusionRecord = z.strictObject({
  dataset: id('data'),
  document: count,
  excluded: z.boolean(),
  created: time,
  undone: z.boolean(),
});
export type ExclusionRecord = z.infer<typeof exclusionRecord>;

/** A person's name for a pile. */
export const renameRecord = z.strictObject({
  clustering: id('split'),
  pile: count,
  from: shortText,
  to: shortText,
  created: time,
  undone: z.boolean(),
});
export type RenameRecord = z.infer<typeof renameRecord>;

/** A person's constraint on two documents, fed back into the next clustering. */
export const linkRecord = z.strictObject({
  id: id('link'),
  dataset: id('data'),
  kind: z.enum(['must', 'cannot']),
  a: count,
  b: count,
  created: time,
});
export type LinkRecord = z.infer<typeof linkRecord>;

/** A link that a person added or removed. */
export const linkChange = z.strictObject({ added: z.boolean(), link: linkRecord, created: time, undone: z.boolean() });
export type LinkChange = z.infer<typeof linkChange>;

/** What speaks for the pile of a document. */
export const whyHere = z.strictObject({
  placement,
  /** P(pile | document) when the method ended, [k], merged piles counted as one; absent where it gives none. */
  posteriors: z.array(z.number()).optional(),
  /**
   * Words that mark its pile and stand in it, the most telling first: by class-based tf-idf, with the shares of the documents of its pile and
   * of others that have them, and how often they stand in it.
   */
  terms: z.array(z.strictObject({ word: text, weight: z.number(), share: z.number(), elsewhere: z.number(), count })),
  /** The documents most like it, in whichever pile, by the cosine of tf-idf. */
  neighbours: z.array(z.strictObject({ document: documentRow, pile: count, similarity: z.number() })),
  /** Documents that words and neighbours were looked for in. */
  compared: count,
  /** Unions of small clusters that brought it here, the first of them first, where a guide was asked and its run is still there. */
  unions: z.array(unionRecord),
  moves: z.array(moveRecord),
  links: z.array(linkRecord),
});
export type WhyHere = z.infer<typeof whyHere>;
