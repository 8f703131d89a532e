/** The one line of JSON that the backend writes to standard output when the editor has started it. */
import { z } from 'zod';

export const announcement = z.discriminatedUnion('polymath', [
  /** It listens. The token is as good as the project. */
  z.strictObject({
    polymath: z.literal('ready'),
    port: z.int().min(1).max(65_535),
    token: z.string(),
    pid: z.int(),
    folder: z.string(),
  }),
  /** Another process serves the project, for example a command in a terminal: this one ends. */
  z.strictObject({
    polymath: z.literal('elsewhere'),
    port: z.int().min(1).max(65_535),
    token: z.string(),
    pid: z.int(),
    folder: z.string(),
  }),
  /** It cannot open the project, and ends. */
  z.strictObject({ polymath: z.literal('failed'), message: z.string(), next: z.string() }),
]);
export type Announcement = z.infer<typeof announcement>;

export const announce = (what: Announcement): string => `${JSON.stringify(what)}\n`;
