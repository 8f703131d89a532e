/** What the page of training curves and the extension say to each other. */
import { z } from 'zod';
import type { Metric, RunState } from '../../backend/protocol/run';

/** From the page. The extension checks it. */
export const toHost = z.discriminatedUnion('type', [
  /** It hears from now on: everything is to be said anew. */
  z.strictObject({ type: z.literal('ready') }),
  /** The person wants to choose a run to compare with those that are shown. */
  z.strictObject({ type: z.literal('add') }),
  z.strictObject({ type: z.literal('remove'), run: z.string() }),
  z.strictObject({ type: z.literal('log'), run: z.string() }),
]);
export type ToHost = z.infer<typeof toHost>;

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  runs: z.array(z.string()),
  axis: z.enum(['steps', 'seconds']),
  /** Weight of what came before in a smoothed curve, 0 … 0.99. */
  smoothing: z.number().min(0).max(0.99),
  /** Curves that are not drawn, by run and name. */
  hidden: z.array(z.string()),
});
export type State = z.infer<typeof state>;

type Fact = readonly [name: string, value: string];

export interface ShownRun {
  readonly id: string;
  readonly title: string;
  readonly state: RunState;
  /** What became of it, in a few words, and the step that mends what went wrong. */
  readonly words: string;
  readonly next?: string | undefined;
  /** Name and value: what it does or took, and what it was told. */
  readonly figures: readonly Fact[];
  readonly settings: readonly Fact[];
}

/** To the page. */
export type ToPage =
  /** All that are shown, in order. */
  | { readonly type: 'runs'; readonly runs: readonly ShownRun[] }
  /** The first `keep` points of a run stay as they are, these follow. */
  | { readonly type: 'points'; readonly run: string; readonly keep: number; readonly points: readonly Metric[] }
  /** The runs could not be read: what is shown may be old. Undefined: they can again. */
  | { readonly type: 'trouble'; readonly message: string | undefined };
