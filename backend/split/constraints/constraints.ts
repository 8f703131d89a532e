/** What people said of documents, as every splitting method keeps to it: links between two of them, and pins to piles. */
import { UserError } from '../../base/errors';
import type { LinkRecord } from '../../protocol/labels';

/** Documents that go into one pile, whichever it is. Only documents that somebody said something of are in groups. */
export interface Group {
  /** Places of the documents, rising. */
  readonly rows: readonly number[];
  /** What people see of it. */
  readonly name: string;
  /** The pile that it has to be in. */
  readonly pile?: number;
  /** Places, in the list of all groups, of those that have to be in other piles. */
  readonly apart: readonly number[];
}

/** What people said of the documents 0 … N−1. */
export interface Constraints {
  readonly links: readonly Pick<LinkRecord, 'kind' | 'a' | 'b'>[];
  /** Documents with the pile that each stays in. */
  readonly pins: ReadonlyMap<number, number>;
}

/**
 * Groups of what people said; `nameOf` gives what they call a document. Throws UserError, with the documents, where two of their
 * constraints contradict each other.
 */
export function groupsOf({ links, pins }: Constraints, nameOf: (row: number) => string): Group[] {
  const parents = new Map<number, number>();
  for (const row of [...pins.keys(), ...links.flatMap(({ a, b }) => [a, b])]) parents.set(row, row);
  const root = (row: number): number => {
    const parent = parents.get(row) ?? row;
    if (parent === row) return row;
    const top = root(parent);
    parents.set(row, top);
    return top;
  };
  for (const { kind, a, b } of links) if (kind === 'must') parents.set(root(a), root(b));

  const members = new Map<number, number[]>();
  for (const row of [...parents.keys()].sort((a, b) => a - b)) {
    members.set(root(row), [...(members.get(root(row)) ?? []), row]);
  }
  const place = new Map([...members.keys()].map((top, i) => [top, i]));
  const placeOf = (row: number): number => place.get(root(row)) ?? 0;
  const apart = Array.from(members, () => new Set<number>());
  for (const { kind, a, b } of links) {
    if (kind === 'must') continue;
    if (root(a) === root(b)) {
      throw new UserError(
        `Documents ${nameOf(a)} and ${nameOf(b)} must not share a pile, but other links say that they must.`,
        'Remove one of these links.',
      );
    }
    apart[placeOf(a)].add(placeOf(b));
    apart[placeOf(b)].add(placeOf(a));
  }
  const groups = Array.from(members.values(), (rows, i): Group => {
    const pile = pileOf(rows, pins, nameOf);
    return { rows, name: nameOf(rows[0]), apart: [...apart[i]], ...(pile === undefined ? {} : { pile }) };
  });
  for (const group of groups) refuseSharedPins(group, groups);
  return groups;
}

/** The groups of some of the documents, by their places among these. */
export function among(groups: readonly Group[], documents: readonly number[]): Group[] {
  const place = new Map(documents.map((row, i) => [row, i]));
  const rows = groups.map((group) => group.rows.flatMap((row) => place.get(row) ?? []));
  const kept = groups.flatMap((_, i) => (rows[i].length > 0 ? [i] : []));
  const renumbered = new Map(kept.map((old, i) => [old, i]));
  return kept.map((i) => ({
    ...groups[i],
    rows: rows[i],
    apart: groups[i].apart.flatMap((other) => renumbered.get(other) ?? []),
  }));
}

function pileOf(
  rows: readonly number[],
  pins: ReadonlyMap<number, number>,
  nameOf: (row: number) => string,
): number | undefined {
  const pinned = rows.filter((row) => pins.has(row));
  const pile = pinned.length === 0 ? undefined : pins.get(pinned[0]);
  const another = pinned.find((row) => pins.get(row) !== pile);
  if (another === undefined) return pile;
  throw new UserError(
    `Documents ${nameOf(pinned[0])} and ${nameOf(another)} must share a pile, but are pinned to two.`,
    'Unpin one of them, or remove the link between them.',
  );
}

function refuseSharedPins({ pile, apart, name }: Group, groups: readonly Group[]): void {
  const other = apart.find((i) => pile !== undefined && groups[i].pile === pile);
  if (other === undefined) return;
  throw new UserError(
    `Documents ${name} and ${groups[other].name} must not share a pile, but are pinned to the same one.`,
    'Unpin one of them, move it to another pile, or remove the link between them.',
  );
}
