/** What the page of runs and the extension say to each other. */
import { z } from 'zod';
import type { OutcomeFigures, RunNote, RunState } from '../../backend/protocol/run';
import { mostCompared } from './columns';

const run = z.string();
const compared = z.array(run).min(1).max(mostCompared);

/** From the page. The extension checks it. */
export const toHost = z.discriminatedUnion('type', [
  /** It hears from now on: everything is to be said anew. */
  z.strictObject({ type: z.literal('ready') }),
  /** The page that fits the run: its evaluation, its curves, else its log. */
  z.strictObject({ type: z.literal('open'), run }),
  z.strictObject({ type: z.literal('log'), run }),
  z.strictObject({ type: z.literal('curves'), runs: compared }),
  z.strictObject({ type: z.literal('annotate'), run, note: z.string(), tags: z.array(z.string()) }),
  z.strictObject({ type: z.literal('compare'), runs: compared }),
]);
export type ToHost = z.infer<typeof toHost>;

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  /** Words that rows have; empty: all. */
  text: z.string(),
  /** A kind of runs and a state, as rows have them; empty: all. */
  kind: z.string(),
  state: z.string(),
  /** Column by which rows are sorted, and whether the largest stands first. */
  by: z.string(),
  down: z.boolean(),
  /** Runs that are chosen to be compared. */
  chosen: z.array(run),
});
export type State = z.infer<typeof state>;

export interface ShownRun {
  readonly id: string;
  /** "Training". */
  readonly kind: string;
  readonly title: string;
  /** The settings that tell it from others of its title. */
  readonly telling: string;
  readonly state: RunState;
  /** What became of it, in a few words. */
  readonly words: string;
  /** Milliseconds since 1970, and as people read it. */
  readonly created: number;
  readonly when: string;
  readonly seconds: number;
  readonly tokensPerSecond?: number | undefined;
  /** What opens with it. */
  readonly opens: 'evaluation' | 'curves' | 'log';
  readonly hasCurves: boolean;
}

/** Settings that differ between runs: label and the value of each. */
export type Difference = readonly [label: string, values: readonly string[]];

/** To the page. */
export type ToPage =
  /** All there are. */
  | { readonly type: 'runs'; readonly runs: readonly ShownRun[] }
  /** These are new, or not as they were. */
  | { readonly type: 'changed'; readonly runs: readonly ShownRun[] }
  | { readonly type: 'gone'; readonly run: string }
  /** Of runs by their ids. */
  | { readonly type: 'figures'; readonly figures: readonly (readonly [run: string, figures: OutcomeFigures])[] }
  /** Of all runs that have any. */
  | { readonly type: 'notes'; readonly notes: readonly RunNote[] }
  | { readonly type: 'compared'; readonly runs: readonly string[]; readonly differences: readonly Difference[] }
  /** The runs could not be read: what is shown may be old. Undefined: they can again. */
  | { readonly type: 'trouble'; readonly message: string | undefined };
