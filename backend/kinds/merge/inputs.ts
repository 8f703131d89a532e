import { z } from 'zod';
import { UserError } from '../../base/errors';
import { isThere } from '../../base/files';
import { expertSetRecord } from '../../protocol/records';
import { gatherExperts, type KindInputs } from '../shared/inputs';
import type { MergeSpec } from './spec';

const schema = z.object({ experts: expertSetRecord });
export type MergeInputs = z.infer<typeof schema>;

/** Refused before the run begins: a folder that is there, and experts that are not. */
export const mergeInputs: KindInputs<MergeSpec, MergeInputs> = {
  schema,
  gather: async (store, { experts: id, weights, path }) => {
    if (await isThere(path)) throw new UserError(`${path} is there already.`, 'Choose another name, or move it away.');
    const experts = await gatherExperts(store, id);
    const letters = experts.experts.map(({ letter }) => letter);
    const stranger = weights.find(({ letter }) => !letters.includes(letter));
    if (stranger === undefined) return { experts };
    throw new UserError(`There is no expert ${stranger.letter} in ${id}.`, `Choose among ${letters.join(', ')}.`);
  },
};
