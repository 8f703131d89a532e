/** How each filter of a query comes to its documents. */
import type { DocumentSet } from '../base/document-set';
import { UserError } from '../base/errors';
import { expertLetter } from '../base/letter';
import type { SplitRecord } from '../protocol/records';
import type { Selections } from '../store/selections';
import { filterTable, type Flag, flagsOfSplit } from './filters';
import type { AskedFilter } from './query';

/** Where is looked. */
export interface Scope {
  readonly dataset: string;
  /** Whose piles are meant; undefined where the dataset was not split. */
  readonly split: SplitRecord | undefined;
}

/** The documents that pass all filters; undefined where there is none. Throws UserError where a filter needs what is not there. */
export async function selected(
  selections: Selections,
  scope: Scope,
  filters: readonly AskedFilter[],
): Promise<DocumentSet | undefined> {
  let all: DocumentSet | undefined;
  for (const filter of filters) {
    if (filterTable[filter.name].form.type === 'scope') continue;
    const found = await passing(selections, scope, filter);
    const wanted = filter.isNegated ? found.inverted() : found;
    all = all?.and(wanted) ?? wanted;
  }
  return all;
}

function passing(selections: Selections, scope: Scope, filter: AskedFilter): Promise<DocumentSet> {
  const { dataset } = scope;
  const { name, values, comparisons } = filter;
  switch (name) {
    case 'pile':
      return byPile(selections, scope, filter);
    case 'confidence':
      return selections.byPlacement(splitOf(scope, filter).id, { column: 'confidence', comparisons });
    case 'is':
      return anyOf(values.map((flag) => flagged(selections, scope, filter, flag as Flag)));
    case 'id':
    case 'file':
    case 'side':
      return selections.byDocument(dataset, { column: name, values });
    case 'label':
      return selections.byDocument(dataset, { column: 'domain', values });
    case 'length':
      return selections.byDocument(dataset, { column: 'length', comparisons });
    case 'position':
      return selections.byDocument(dataset, { column: 'index', comparisons });
    case 'dataset':
    case 'split':
      throw new Error(`${name} filters nothing`);
  }
}

async function anyOf(sets: readonly Promise<DocumentSet>[]): Promise<DocumentSet> {
  const [first, ...others] = await Promise.all(sets);
  // Those that are in any are all but those that are in none.
  return others.reduce((any, set) => any.inverted().and(set.inverted()).inverted(), first);
}

function flagged(selections: Selections, scope: Scope, filter: AskedFilter, flag: Flag): Promise<DocumentSet> {
  switch (flag) {
    case 'moved':
    case 'pinned':
    case 'outlier':
      return selections.byPlacement(splitOf(scope, filter).id, { column: flag });
    case 'excluded':
    case 'linked':
      return selections.byRemark(scope.dataset, flag);
    case 'copy':
      return selections.byDocument(scope.dataset, { column: 'duplicate_of' });
  }
}

/** Piles by letter in either case, or by name; a letter means its pile, whatever another is called. */
function byPile(selections: Selections, scope: Scope, filter: AskedFilter): Promise<DocumentSet> {
  const split = splitOf(scope, filter);
  const piles = filter.values.map((value) => {
    const wanted = value.toLowerCase();
    const found =
      split.piles.find(({ pile }) => expertLetter(pile).toLowerCase() === wanted) ??
      split.piles.find(({ name }) => name.toLowerCase() === wanted);
    if (found !== undefined) return found.pile;
    const all = split.piles.map(({ pile, name }) => `${expertLetter(pile)} (${name})`).join(', ');
    throw new UserError(`${filter.written}: ${split.name} has no pile ${value}.`, `Its piles are ${all}.`);
  });
  return selections.byPlacement(split.id, { column: 'pile', piles });
}

function splitOf({ dataset, split }: Scope, { written }: AskedFilter): SplitRecord {
  if (split !== undefined) return split;
  throw new UserError(`${written}: ${dataset} is not split into piles.`, 'Split it first, or leave this filter out.');
}

/** Whether a filter asks for what only a split tells. */
export const needsSplit = ({ name, values }: AskedFilter): boolean =>
  filterTable[name].ofSplit === true || (name === 'is' && values.some((value) => flagsOfSplit.includes(value)));
