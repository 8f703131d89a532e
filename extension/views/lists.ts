import type { TreePage, Window } from './paged-tree';

type List<T> = (window: Window) => Promise<TreePage<T>>;

/** A list that is at hand as a whole. */
export function wholeList<T>(items: readonly T[]): List<T> {
  return ({ offset, limit }) => Promise.resolve({ total: items.length, items: items.slice(offset, offset + limit) });
}

/** A list with each item turned into something else; the place of an item in the list is counted from 0. */
export async function mapped<T, U>(
  list: Promise<TreePage<T>>,
  { offset }: Window,
  turn: (item: T, place: number) => U,
): Promise<TreePage<U>> {
  const { total, items } = await list;
  return { total, items: items.map((item, i) => turn(item, offset + i)) };
}

/** Lists that stand one below the other. */
export async function joined<T>({ offset, limit }: Window, lists: readonly List<T>[]): Promise<TreePage<T>> {
  const items: T[] = [];
  let total = 0;
  for (const list of lists) {
    // Also of one that begins after the window the length is asked for.
    const page = await list({ offset: Math.max(0, offset - total), limit: Math.max(1, limit - items.length) });
    items.push(...page.items.slice(0, limit - items.length));
    total += page.total;
  }
  return { total, items };
}
