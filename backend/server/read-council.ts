/** Councils as texts in YAML, for people who write them. */
import { UserError } from '../base/errors';
import { readCouncilFile } from './council-file';
import type { UnnamedCouncil } from '../protocol/councils';
import type { Given } from '../protocol/messages';
import type { ExpertSetRecord } from '../protocol/records';
import type { Store } from '../store/store';

/**
 * The council that a text describes: of the experts that it names, else of the given or the newest set. Throws UserError that names the
 * place where it is not right.
 */
export async function readCouncil(
  store: Store,
  { text, called, experts: given }: Given<'councils/read'>,
): Promise<UnnamedCouncil> {
  const { placeOf, experts: named, members, ...council } = readCouncilFile(text, called);
  const set = await setOf(store, given ?? named, placeOf(['experts']));
  const letters = set.experts.map(({ letter }) => letter);
  for (const [i, member] of members.entries()) {
    if ('chat' in member || letters.includes(member.letter)) continue;
    throw new UserError(
      `${placeOf(['members', i, 'expert'])}: there is no expert ${member.letter} in ${set.id}.`,
      `Its experts are ${letters.join(', ')}.`,
    );
  }
  if (members.every((member) => 'chat' in member)) {
    throw new UserError(
      `${placeOf(['members'])}: chat models alone are no council: they sit beside experts.`,
      `Add one of ${letters.join(', ')}.`,
    );
  }
  return { ...council, members: [...members], experts: set.id };
}

async function setOf(store: Store, named: string | undefined, place: string): Promise<ExpertSetRecord> {
  const { items } = await store.experts.list({ offset: 0, limit: 1000 });
  const found = named === undefined ? items.at(0) : items.find(({ id, name }) => id === named || name === named);
  if (found !== undefined) return found;
  if (named === undefined) {
    throw new UserError('No experts have been trained in this project.', 'Run `polymath train` first.');
  }
  throw new UserError(
    `${place}: there is no set of experts ${named}.`,
    'See `polymath experts`, or leave that line out: then the newest are taken.',
  );
}
