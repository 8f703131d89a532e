/** A union that a guide made is taken back: its smaller side is a pile of its own again. */
import type { EarlierPiles } from '../result';

export interface Sides {
  /** Documents of either side. */
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/**
 * The piles with one more: the documents of the smaller side that lie in the pile of the larger one. What people or the words of the
 * piles moved elsewhere stays there. Undefined where that would leave nothing to part.
 */
export function undoUnion(from: EarlierPiles, { a, b }: Sides): EarlierPiles | undefined {
  const [smaller, larger] = a.length <= b.length ? [a, b] : [b, a];
  const pile = commonest(larger.map((row) => from.assignments[row]));
  if (pile === undefined) return undefined;
  const parted = smaller.filter((row) => from.assignments[row] === pile);
  const size = from.assignments.filter((other) => other === pile).length;
  if (parted.length === 0 || parted.length === size) return undefined;
  const assignments = from.assignments.slice();
  for (const row of parted) assignments[row] = from.names.length;
  return { assignments, names: [...from.names, undefined] };
}

/** The pile that most are in; −1 is none. */
function commonest(piles: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const pile of piles) if (pile >= 0) counts.set(pile, (counts.get(pile) ?? 0) + 1);
  return [...counts].sort(([, x], [, y]) => y - x).at(0)?.[0];
}
