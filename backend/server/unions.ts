/** What a guide made of small clusters, for people to see and to take back. */
import type { Given, Result } from '../protocol/messages';
import type { SplitRecord, UnionRecord } from '../protocol/records';
import { readUnions } from '../engine/unions';
import type { Store } from '../store/store';

export async function listUnions(
  store: Store,
  { clustering, offset = 0, limit = 100 }: Given<'splits/unions'>,
): Promise<Result<'splits/unions'>> {
  const unions = await readUnions(store.folder, await store.splits.get(clustering));
  const items = unions.slice(offset, offset + limit).map(({ a, b, ...why }, i): UnionRecord => ({
    number: offset + i + 1,
    ...why,
    own: Math.min(a.length, b.length),
    other: Math.max(a.length, b.length),
  }));
  return { total: unions.length, items };
}

/** Those that a document was part of. */
export async function unionsOf(store: Store, clustering: SplitRecord, document: string): Promise<UnionRecord[]> {
  const unions = await readUnions(store.folder, clustering);
  return unions.flatMap(({ a, b, ...why }, i) => {
    const [side, other] = a.includes(document) ? [a, b] : [b, a];
    return side.includes(document) ? [{ number: i + 1, ...why, own: side.length, other: other.length }] : [];
  });
}
