/** One pile of an earlier split becomes several, and all others stay as they are. */
import { UserError } from '../base/errors';
import type { Raw } from '../base/settings';
import { type Constraints, groupsOf } from './constraints/constraints';
import { summarisePiles } from './describe/piles';
import type { SplitMethodTable } from './methods/split-method';
import type { EarlierPiles, SplitResult } from './result';
import { type AskedSplit, splitBy } from './split-by';

export interface Division {
  readonly from: EarlierPiles;
  /** The pile that is divided, of those of `from`. */
  readonly pile: number;
  /** Links hold among the documents of the pile; pins to it say nothing of its parts. */
  readonly links: Constraints['links'];
}

/**
 * Divides a pile into `asked.k` parts by one of these methods, and documents that were in no pile along with it. The first part keeps the pile's
 * number, the others come after all piles. Throws UserError where the pile has fewer documents
 * than parts, or the method leaves a part empty.
 */
export async function dividePile(
  methods: SplitMethodTable,
  method: string,
  asked: AskedSplit,
  { from, pile, links }: Division,
  values: Raw = {},
): Promise<SplitResult> {
  const { corpus } = asked;
  const rows = [...corpus.train.keys()].filter((row) => [pile, -1].includes(from.assignments[row]));
  const places = new Map(rows.map((row, place) => [row, place]));
  const within = links.flatMap(({ kind, a: first, b: second }) => {
    const [a, b] = [places.get(first), places.get(second)];
    return a === undefined || b === undefined ? [] : [{ kind, a, b }];
  });
  const part = { ...corpus, train: rows.map((row) => corpus.train[row]) };
  const groups = groupsOf({ links: within, pins: new Map() }, (row) => part.train[row].id);
  const found = await splitBy(methods, method, { ...asked, corpus: part, groups }, values);
  if (new Set(found.assignments).size < found.k) {
    throw new UserError(
      `This method finds fewer than ${found.k} parts in the pile: its documents are alike.`,
      'Ask for fewer parts, or divide it by k-means.',
    );
  }
  const assignments = from.assignments.slice();
  const others = from.names.length - 1;
  rows.forEach((row, i) => (assignments[row] = found.assignments[i] === 0 ? pile : others + found.assignments[i]));
  const k = others + found.k;
  const names = [...from.names.map((name, i) => (i === pile ? found.piles[0].name : name))].concat(
    found.piles.slice(1).map(({ name }) => name),
  );
  const { seed, seconds, settings, outliers = [] } = found;
  const piles = summarisePiles(corpus.train, { assignments, k });
  return {
    method,
    k,
    seed,
    seconds,
    settings,
    assignments,
    outliers: outliers.map((place) => rows[place]),
    piles: piles.map((summary, i) => ({ ...summary, name: names[i] ?? summary.name })),
  };
}
