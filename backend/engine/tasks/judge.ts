import { z } from 'zod';
import { procedureName } from '../../protocol/councils';
import { keptWeighting } from './weighting';

const position = z.int().nonnegative();

/** Who is asked: positions are those of experts in the stack. */
export const judge = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('base'), role: z.string(), instruction: z.string() }),
  z.strictObject({ kind: z.literal('expert'), index: position, role: z.string(), instruction: z.string() }),
  /** All experts, token by token; equally where no weighting is given. */
  z.strictObject({ kind: z.literal('mixture'), weighting: keptWeighting.optional() }),
  z.strictObject({
    kind: z.literal('council'),
    members: z.array(z.strictObject({ index: position, role: z.string() })).min(1),
    instruction: z.string(),
    procedure: procedureName.optional(),
  }),
]);

export type TaskJudge = z.infer<typeof judge>;
