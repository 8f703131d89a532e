import { UserError } from '../base/errors';
import { expertLetter } from '../base/letter';
import { printable } from '../base/printable';
import type { Backend } from '../protocol/messages';
import type { SplitRecord } from '../protocol/records';

/** The split that is named, else the newest. Throws UserError where there is none. */
export async function chooseSplit(backend: Backend, id: string | undefined): Promise<SplitRecord> {
  if (id !== undefined) return backend.call('splits/get', { clustering: id });
  const [newest] = (await backend.call('splits/list', { limit: 1 })).items;
  if (newest !== undefined) return newest;
  throw new UserError('No dataset of this project is split yet.', 'Split one first: polymath split');
}

/** A split as people are told of what was changed in it: which one is the newest changes. */
export const named = ({ id, name }: Pick<SplitRecord, 'id' | 'name'>): string => `${printable(name)} (${id})`;

/** The number of the pile with this letter, in either case. Throws UserError where there is none. */
export function pileOf({ id, piles }: SplitRecord, letter: string): number {
  const found = piles.find(({ pile }) => expertLetter(pile) === letter.toUpperCase())?.pile;
  if (found !== undefined) return found;
  const letters = piles.map(({ pile }) => expertLetter(pile)).join(', ');
  throw new UserError(`There is no pile ${letter} in ${id}.`, `Choose among ${letters}.`);
}
