/** What people did with documents and piles, by the places of a run's documents. */
import type { Constraints } from '../../split/constraints/constraints';
import type { EarlierPiles } from '../../split/result';
import { undoUnion } from '../../split/constraints/undo-union';
import { UserError } from '../../base/errors';
import type { WrittenUnion } from '../../engine/unions';
import type { SplitInputs } from './inputs';

/** The place of each document that the run reads, by its index in the dataset. */
type Rows = ReadonlyMap<number, number>;

/** The piles of the split that this one goes on from, those that were emptied left out, and what numbers they had. */
export function earlierPiles(
  {
    clustering,
    assignments,
    posteriors,
    unions = [],
  }: Pick<SplitInputs, 'clustering' | 'assignments' | 'posteriors' | 'unions'>,
  rows: Rows,
  read: readonly { readonly id: string }[],
): (EarlierPiles & { readonly numbers: readonly number[] }) | undefined {
  if (clustering === undefined || assignments === undefined) return undefined;
  const { documents, piles } = assignments;
  const left = [...new Set(piles)].sort((a, b) => a - b);
  const numbers = new Map(left.map((pile, i) => [pile, i]));
  const begin = new Int32Array(rows.size).fill(-1);
  documents.forEach((document, i) => {
    const row = rows.get(document);
    if (row !== undefined) begin[row] = numbers.get(piles[i]) ?? -1;
  });
  const names = left.map((number) => clustering.piles.find(({ pile }) => pile === number)?.name ?? '');
  return {
    ...takeBack({ assignments: begin, names }, unions, read),
    ...(posteriors && { posteriors: posteriorsOf(posteriors, left, rows) }),
    numbers: left,
  };
}

/** P(pile | document) [N, left] of the documents that the run reads, over the piles that are left. */
function posteriorsOf(
  { documents, posteriors }: NonNullable<SplitInputs['posteriors']>,
  left: readonly number[],
  rows: Rows,
): Float32Array {
  const k = posteriors.length / documents.length;
  const result = new Float32Array(rows.size * left.length);
  documents.forEach((document, place) => {
    const row = rows.get(document);
    if (row === undefined) return;
    const own = left.map((pile) => posteriors[place * k + pile]);
    const total = own.reduce((sum, p) => sum + p, 0);
    if (total > 0)
      result.set(
        own.map((p) => p / total),
        row * left.length,
      );
  });
  return result;
}

/** Piles without some unions, the latest taken back first. Throws UserError where nothing of one is left in a pile. */
function takeBack(
  from: EarlierPiles,
  unions: readonly WrittenUnion[],
  read: readonly { readonly id: string }[],
): EarlierPiles {
  const places = new Map(read.map(({ id }, row) => [id, row]));
  const rowsOf = (ids: readonly string[]): number[] => ids.flatMap((id) => places.get(id) ?? []);
  return unions.toReversed().reduce((piles, { a, b }) => {
    const parted = undoUnion(piles, { a: rowsOf(a), b: rowsOf(b) });
    if (parted !== undefined) return parted;
    throw new UserError('The two sides of this union are not in one pile any more.', 'Choose another union.');
  }, from);
}

/** Links and pins of documents that the run does not read are left out; with `keep` all documents that had a pile are pinned. */
export function constraintsFor(
  { links = [], pinned = new Int32Array(0), assignments }: Pick<SplitInputs, 'links' | 'pinned' | 'assignments'>,
  rows: Rows,
  from?: EarlierPiles,
  keep = false,
): Constraints {
  const pins = new Map<number, number>();
  for (const document of keep ? (assignments?.documents ?? pinned) : pinned) {
    const row = rows.get(document);
    const pile = row === undefined ? undefined : from?.assignments[row];
    if (row !== undefined && pile !== undefined && pile >= 0) pins.set(row, pile);
  }
  const known = links.flatMap(({ kind, a: first, b: second }) => {
    const [a, b] = [rows.get(first), rows.get(second)];
    return a === undefined || b === undefined ? [] : [{ kind, a, b }];
  });
  return { links: known, pins };
}
