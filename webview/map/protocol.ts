/** What the page of the map and the extension say to each other. */
import { z } from 'zod';

const index = z.int().nonnegative();
const indices = z.array(index).max(10_000);

/** From the page. The extension checks it. Documents go by their indices in the dataset. */
export const toHost = z.discriminatedUnion('type', [
  /** It hears from now on: everything is to be said anew. */
  z.strictObject({ type: z.literal('ready') }),
  /** The pointer rests on a document. */
  z.strictObject({ type: z.literal('look'), document: index }),
  z.strictObject({ type: z.literal('open'), document: index }),
  z.strictObject({ type: z.literal('select'), documents: indices }),
  z.strictObject({ type: z.literal('move'), documents: indices, to: index }),
  /** Try again what failed. */
  z.strictObject({ type: z.literal('retry') }),
]);
export type ToHost = z.infer<typeof toHost>;

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  clustering: z.string(),
  /** The middle of what is seen, in the map's own units, and pixels per unit; absent where all is seen. */
  view: z.object({ x: z.number(), y: z.number(), scale: z.number().positive() }).optional(),
  hidden: z.array(index),
});
export type State = z.infer<typeof state>;

export interface ShownPile {
  readonly letter: string;
  readonly name: string;
  /** Documents, also those that the map leaves out. */
  readonly size: number;
}

/** Documents in the plane. Plain numbers: what is not cloned one by one arrives in the editor's messages as text. */
export interface Points {
  readonly documents: readonly number[];
  /** [documents, 2] */
  readonly positions: readonly number[];
  readonly piles: readonly number[];
  /** Places in `documents` of those that fit no pile well. */
  readonly outliers: readonly number[];
}

/** A document of a list. */
export interface ListedDocument {
  readonly document: number;
  readonly id: string;
  /** Beginning of its text. */
  readonly text: string;
}

/** To the page. */
export type ToPage =
  | {
      readonly type: 'map';
      readonly clustering: string;
      readonly title: string;
      /** Documents of the split. */
      readonly total: number;
      readonly piles: readonly ShownPile[];
      readonly points: Points;
    }
  /** In the place of a map, while it is computed or because it could not be. */
  | { readonly type: 'words'; readonly clustering: string; readonly text: string; readonly failed: boolean }
  /** What is selected in the tree. */
  | { readonly type: 'selected'; readonly documents: readonly number[] }
  /** What is selected, or the first of it. */
  | { readonly type: 'listed'; readonly documents: readonly ListedDocument[] }
  /** The document that the pointer rests on. */
  | ({ readonly type: 'preview' } & ListedDocument);
