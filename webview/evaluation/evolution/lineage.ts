/** Where candidates stand in the tree of their generations. */
import type { Candidate } from './candidates';

export interface Placed {
  readonly candidate: Candidate;
  /** In columns, halves where a generation is centred between two; and in rows. */
  readonly column: number;
  readonly row: number;
}

export interface Lineage {
  readonly columns: number;
  readonly rows: number;
  readonly placed: readonly Placed[];
  readonly links: readonly { readonly parent: Placed; readonly child: Placed }[];
}

/** A row for each generation, centred; children stand below the middle of their parents, as far as there is room. */
export function lineageOf(candidates: readonly Candidate[]): Lineage {
  const generations = [...new Set(candidates.map(({ generation }) => generation))].sort((a, b) => a - b);
  const sizes = generations.map((generation) => candidates.filter((one) => one.generation === generation).length);
  const columns = Math.max(0, ...sizes);
  const places = new Map<number, Placed>();
  generations.forEach((generation, row) => {
    const own = candidates.filter((one) => one.generation === generation);
    const wanted = new Map(own.map((one, i) => [one.number, middleOf(one, places) ?? i]));
    const order = [...own].sort(
      (a, b) => (wanted.get(a.number) ?? 0) - (wanted.get(b.number) ?? 0) || a.number - b.number,
    );
    order.forEach((candidate, i) => {
      places.set(candidate.number, { candidate, column: (columns - own.length) / 2 + i, row });
    });
  });
  const placed = candidates.flatMap(({ number }) => places.get(number) ?? []);
  const links = placed.flatMap((child) =>
    [...new Set(child.candidate.parents)].flatMap((number) => {
      const parent = places.get(number);
      return parent === undefined || parent.row >= child.row ? [] : [{ parent, child }];
    }),
  );
  return { columns, rows: generations.length, placed, links };
}

/** The middle of the parents that stand already. */
function middleOf({ parents }: Candidate, places: ReadonlyMap<number, Placed>): number | undefined {
  const columns = parents.flatMap((number) => places.get(number)?.column ?? []);
  return columns.length === 0 ? undefined : columns.reduce((sum, column) => sum + column, 0) / columns.length;
}

/** A candidate with everybody that it comes from. */
export function ancestorsOf(candidates: readonly Candidate[], number: number): Set<number> {
  const found = new Set([number]);
  // A set is gone through with what is added meanwhile.
  for (const one of found) {
    for (const parent of candidates.find((candidate) => candidate.number === one)?.parents ?? []) found.add(parent);
  }
  return found;
}

/** Where an arrow leads from a candidate: along its generation, or to the nearest of the one before or after. */
export function neighbour({ placed }: Lineage, from: number, key: string): number | undefined {
  const here = placed.find(({ candidate }) => candidate.number === from);
  if (here === undefined) return undefined;
  const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  if (right === 0 && down === 0) return undefined;
  const reachable = placed.filter(({ column, row }) =>
    right === 0 ? row === here.row + down : row === here.row && Math.sign(column - here.column) === right,
  );
  const distance = ({ column }: Placed): number => Math.abs(column - here.column);
  return [...reachable].sort((a, b) => distance(a) - distance(b)).at(0)?.candidate.number;
}
