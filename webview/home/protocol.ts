/** What Home and the extension say to each other. */
import { z } from 'zod';
import type { Headline } from '../../backend/protocol/headline';

/** What a command is called on: what has an id, a pile of a split, or an expert of a set. */
const subject = z.union([
  z.string(),
  z.strictObject({ clustering: z.string(), pile: z.int().nonnegative() }),
  z.strictObject({ experts: z.string(), letter: z.string() }),
]);
export type Subject = z.infer<typeof subject>;

/** From the page. The extension checks it. */
export const toHost = z.discriminatedUnion('type', [
  /** It hears from now on: everything is to be said anew. */
  z.strictObject({ type: z.literal('ready') }),
  /** A command that was offered. */
  z.strictObject({
    type: z.literal('do'),
    command: z.string().regex(/^(polymath|workbench)\.[\w.]+$/),
    on: subject.optional(),
  }),
  /** Another dataset, or another split of the same, is to be shown. */
  z.strictObject({ type: z.literal('look'), dataset: z.string(), split: z.string().optional() }),
  /** Home is not to open by itself any more. */
  z.strictObject({ type: z.literal('never') }),
]);
export type ToHost = z.infer<typeof toHost>;

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  /** Whether nobody asked for it: then it starts nothing. */
  byItself: z.boolean(),
  dataset: z.string().optional(),
  split: z.string().optional(),
});
export type State = z.infer<typeof state>;

/** A command, as its button calls it. */
export interface Offer {
  readonly title: string;
  readonly command: string;
  readonly on?: Subject | undefined;
}

/** A step from the corpus to the evaluation. */
export interface ShownStep {
  readonly name: string;
  /** `open`: it can be done at any time and never is. */
  readonly state: 'done' | 'working' | 'next' | 'open' | 'later';
  /** What there is, or what it waits for. */
  readonly words: string;
  /** Where it is seen. */
  readonly place: Offer;
  /** What does it. */
  readonly offers: readonly Offer[];
}

/** One of several that can be shown. */
export interface Choice {
  readonly id: string;
  readonly name: string;
}

export interface ShownPile {
  /** Its number, which gives letter, colour and form. */
  readonly pile: number;
  readonly name: string;
  readonly size: number;
}

export interface ShownExpert {
  readonly letter: string;
  readonly number: number;
  readonly name: string;
  /** Nats per token on validation documents like those of its pile: of the base model, and its own. */
  readonly validation?: { readonly base: number; readonly loss: number } | undefined;
}

export interface ShownProject {
  readonly steps: readonly ShownStep[];
  readonly datasets: readonly Choice[];
  readonly splits: readonly Choice[];
  readonly dataset?: { readonly id: string; readonly about: string } | undefined;
  readonly split?:
    | {
        readonly id: string;
        readonly about: string;
        readonly warning: string | undefined;
        readonly piles: readonly ShownPile[];
      }
    | undefined;
  readonly experts?:
    | {
        readonly id: string;
        readonly name: string;
        readonly about: string;
        readonly rows: readonly ShownExpert[];
        /** What is to be known before the figures. */
        readonly warnings: readonly string[];
      }
    | undefined;
  readonly evaluation?:
    | { readonly id: string; readonly name: string; readonly about: string; readonly headline: Headline | undefined }
    | undefined;
  /** Figures of the base model and of the device, by their names. */
  readonly model: readonly (readonly [name: string, value: string])[];
  /** What the project takes on the disk, in bytes. */
  readonly disk: readonly (readonly [name: string, bytes: number])[];
}

/** A run that is at work, waits, or stands still and can go on. */
export interface ShownRun {
  readonly id: string;
  readonly title: string;
  readonly state: 'running' | 'queued' | 'stuck';
  readonly words: string;
  /** The step that mends what went wrong. */
  readonly next?: string | undefined;
  /** How far its stage is, 0 to 1; absent where nobody knows. */
  readonly share?: number | undefined;
}

/** To the page. */
export type ToPage =
  /** `name`: of the folder. */
  | { readonly type: 'shown'; readonly byItself: boolean; readonly name: string }
  | { readonly type: 'project'; readonly project: ShownProject }
  | { readonly type: 'runs'; readonly runs: readonly ShownRun[] }
  /** Shown in place of the project. */
  | { readonly type: 'words'; readonly text: string; readonly failed: boolean; readonly offers: readonly Offer[] };
