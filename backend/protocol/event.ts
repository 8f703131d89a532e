/** What the backend tells its clients unasked. */
import { z } from 'zod';
import { id } from './records';
import { runProgress, runRecord } from './run';

/**
 * What happened, for every client: numbered in rising order, kept for a while, and sent again to a client that reconnects.
 * A gap in the numbers is no loss: progress that was overtaken by newer progress is not sent, and its number with it. Events
 * are lost only where the reply to `initialize` says so (`missed` is null).
 */
export const eventSchema = z.discriminatedUnion('type', [
  /** A run began, ended, or changed its state. */
  z.strictObject({ type: z.literal('run'), run: runRecord }),
  /** How far a run is: only the latest counts, so a slow client gets fewer of them. */
  z.strictObject({ type: z.literal('progress'), run: id('run'), progress: runProgress }),
  /** A listing changed: ask again for what is shown. */
  z.strictObject({
    type: z.literal('changed'),
    what: z.enum([
      'datasets',
      'questions',
      'splits',
      'piles',
      'links',
      'exclusions',
      'experts',
      'mixers',
      'councils',
      'evaluations',
      'runs',
    ]),
    id: z.string(),
  }),
]);
export type BackendEvent = z.infer<typeof eventSchema>;
export const numberedEvent = z.strictObject({ sequence: z.int().positive(), event: eventSchema });
export type NumberedEvent = z.infer<typeof numberedEvent>;
