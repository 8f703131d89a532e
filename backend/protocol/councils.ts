/** Councils: who sits in one, what members are told, and by which procedure they answer together. */
import { z } from 'zod';
import { chatNameForms, readChatName } from './chat-name';
import { id, time } from './records';

const text = z.string();

/** The procedure of a council, by the name of its folder in `council/procedures`. */
export const procedureName = z.string().regex(/^[a-z][a-z-]{0,63}$/);

/**
 * Who wrote what members are told: drafted from what an expert learned, a chat model that was asked for it (guide), the expert itself, a
 * person, or an evolution that kept what was better.
 */
export const writers = ['drafted', 'guide', 'expert', 'person', 'evolved'] as const;
export type Writer = (typeof writers)[number];
const writer = z.enum(writers);

/** A council's name, which is also its name as a model: `council:<name>`. */
export const councilName = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u,
    'letters, digits, spaces, dots, hyphens and underscores are needed, at most 64, a letter or a digit first',
  );

const told = { role: z.string().max(20_000), by: writer.optional() };
export const expertMember = z.strictObject({ letter: text, ...told });
/** Who sits in a council: an expert by its letter, or a chat model by its name. */
const member = z.union([
  expertMember,
  z.strictObject({
    chat: z
      .string()
      .max(4096)
      .refine((name) => readChatName(name) !== undefined, `a chat model is ${chatNameForms}`),
    ...told,
  }),
]);

/** Experts, and chat models beside them, that answer together by prompt: a role for each member and an instruction for all. Who wrote them is absent in earlier records. */
export const councilRecord = z.strictObject({
  id: id('council'),
  name: councilName,
  created: time,
  experts: id('experts'),
  instruction: z.string().max(20_000),
  instructionBy: writer.optional(),
  members: z.array(member).min(1).max(64),
  /** A vote where it names none. */
  procedure: procedureName.optional(),
  /** Counted from 1; absent for the first. `created` is when this version was made. */
  version: z.int().min(2).optional(),
});
export type CouncilRecord = z.infer<typeof councilRecord>;

/** What makes a council, or a version of one. */
export const councilContent = councilRecord.omit({ id: true, created: true, version: true });
export type CouncilContent = z.infer<typeof councilContent>;
/** A council that is not kept needs no name. */
export const unnamedCouncil = councilContent.partial({ name: true });
export type UnnamedCouncil = z.infer<typeof unnamedCouncil>;
