import { formatNumber } from '../../base/format';
import { UserError } from '../../base/errors';
import type { Group } from './constraints';

/** Tries before a set of links counts as one that cannot be kept: whether it can is graph colouring, which may take for ever. */
const mostTries = 50_000;

/**
 * Gives each group a pile that keeps its pins and links: the one with room that its documents fit best in together, then one without
 * room. Fills in `assignments` [N], and takes from `room` [k], which links may leave below 0. `scores` [N, k]: higher is better.
 * Throws UserError, with the documents, where k piles are too few for the links.
 */
export function placeGroups(
  groups: readonly Group[],
  scores: Float32Array | Float64Array,
  k: number,
  room: Int32Array,
  assignments: Int32Array,
): void {
  const piles = new Int32Array(groups.length).fill(-1);
  const settle = (i: number, pile: number): void => {
    piles[i] = pile;
    room[pile] -= groups[i].rows.length;
  };
  groups.forEach(({ pile }, i) => pile !== undefined && settle(i, pile));
  const sums = groups.map(({ rows }) => sumOfRows(scores, rows, k));
  const allowed = (i: number): number[] => {
    const taken = new Set(groups[i].apart.map((other) => piles[other]));
    return Array.from({ length: k }, (_, pile) => pile).filter((pile) => !taken.has(pile));
  };
  for (const component of components(groups)) {
    const open = new Set(component.filter((i) => piles[i] < 0));
    let tries = 0;
    /** The groups that are open, the one with the least choice first; false where some of them find no pile. */
    const place = (): boolean => {
      if (open.size === 0) return true;
      const choices = Array.from(open, (i) => ({ i, piles: allowed(i) }));
      const { i, piles: choice } = choices.reduce((least, next) =>
        next.piles.length < least.piles.length ? next : least,
      );
      const size = groups[i].rows.length;
      const fits = (pile: number): number => (room[pile] >= size ? 1 : 0);
      choice.sort((a, b) => fits(b) - fits(a) || (fits(a) ? 0 : room[b] - room[a]) || sums[i][b] - sums[i][a]);
      open.delete(i);
      for (const pile of choice) {
        if (++tries > mostTries) break;
        settle(i, pile);
        if (place()) return true;
        room[pile] += size;
        piles[i] = -1;
      }
      open.add(i);
      return false;
    };
    if (!place()) refuse(component, groups, k);
  }
  groups.forEach(({ rows }, i) => rows.forEach((row) => (assignments[row] = piles[i])));
}

/** Groups that links hold together, the largest such set first: it has the least choice. */
function components(groups: readonly Group[]): number[][] {
  const seen = new Set<number>();
  const found: number[][] = [];
  groups.forEach((_, first) => {
    if (seen.has(first)) return;
    const component = [first];
    seen.add(first);
    for (const i of component) {
      for (const other of groups[i].apart) {
        if (seen.has(other)) continue;
        seen.add(other);
        component.push(other);
      }
    }
    found.push(component);
  });
  const size = (component: readonly number[]): number => component.reduce((sum, i) => sum + groups[i].rows.length, 0);
  return found.sort((a, b) => b.length - a.length || size(b) - size(a));
}

function sumOfRows(scores: Float32Array | Float64Array, rows: readonly number[], k: number): Float64Array {
  const sums = new Float64Array(k);
  for (const row of rows) for (let pile = 0; pile < k; pile++) sums[pile] += scores[row * k + pile];
  return sums;
}

function refuse(component: readonly number[], groups: readonly Group[], k: number): never {
  const shown = component.slice(0, 8).map((i) => groups[i].name);
  const more = component.length > shown.length ? ` and ${component.length - shown.length} more` : '';
  throw new UserError(
    `${formatNumber(k, 'pile is', 'piles are')} too few to keep all these documents apart: ${shown.join(', ')}${more}.`,
    'Remove some of the links between them, unpin some of them, or ask for more piles.',
  );
}
