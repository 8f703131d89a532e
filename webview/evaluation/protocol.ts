/** What the page of an evaluation and the extension say to each other. */
import { z } from 'zod';
import { tableOf } from '../../backend/base/table';
import type { EvaluationTable } from '../../backend/protocol/evaluation-tables';
import type { QuestionRecord } from '../../backend/protocol/records';

/** Characters of a picture that is saved, at most. */
const picture = z.string().max(2 ** 26);

/** From the page. The extension checks it. */
export const toHost = z.discriminatedUnion('type', [
  /** It hears from now on: everything is to be said anew. */
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('retry') }),
  z.strictObject({ type: z.literal('export') }),
  /** Its table as Markdown, into the clipboard. */
  z.strictObject({ type: z.literal('copy') }),
  /** A chart as it is shown: SVG as text, PNG as a data URL. */
  z.strictObject({ type: z.literal('save'), title: z.string(), format: z.enum(['png', 'svg']), picture }),
  /** The text of a question of an exam, by its id. */
  z.strictObject({ type: z.literal('question'), id: z.string() }),
  /** A council of a candidate's texts, by its number. */
  z.strictObject({ type: z.literal('adopt'), candidate: z.int().nonnegative() }),
]);
export type ToHost = z.infer<typeof toHost>;

/** What the page keeps, and a later window gives back. */
export const state = z.object({
  evaluation: z.string(),
  /** What was chosen in the controls of its parts, by their names. */
  choices: tableOf(z.string()),
});
export type State = z.infer<typeof state>;

/** Name and value of a figure. */
export type Figure = readonly [name: string, value: string];

/** A question of an exam; undefined where it is not there any more. */
export type Question = Omit<QuestionRecord, 'index' | 'part'>;

/** To the page. */
export type ToPage =
  | {
      readonly type: 'evaluation';
      readonly id: string;
      readonly title: string;
      /** What kind it is, of what, and when. */
      readonly about: string;
      /** How it was made: run, seeds, versions. */
      readonly origin: readonly Figure[];
      readonly shown: EvaluationTable;
    }
  | { readonly type: 'question'; readonly id: string; readonly question: Question | undefined }
  /** Shown in place of the evaluation. */
  | { readonly type: 'words'; readonly text: string; readonly failed: boolean };
