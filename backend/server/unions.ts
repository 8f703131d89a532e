/** What a guide made of small clusters, for people to see and to take back. */
import { UserError } from '../base/errors';
import type { Given, Result } from '../protocol/messages';
import type { Clustering, GuidedUnion } from '../protocol/records';
import type { WrittenUnion } from '../engine/run-files';
import { readUnions } from '../engine/unions';
import type { Store } from '../store/store';

export async function listUnions(
  store: Store,
  { clustering, offset = 0, limit = 100 }: Given<'clusterings/unions'>,
): Promise<Result<'clusterings/unions'>> {
  const unions = await readUnions(store.folder, await store.clusterings.get(clustering));
  const items = unions.slice(offset, offset + limit).map(({ a, b, ...why }, i): GuidedUnion => ({
    number: offset + i + 1,
    ...why,
    own: Math.min(a.length, b.length),
    other: Math.max(a.length, b.length),
  }));
  return { total: unions.length, items };
}

/** Those that a document was part of. */
export async function unionsOf(store: Store, clustering: Clustering, document: string): Promise<GuidedUnion[]> {
  const unions = await readUnions(store.folder, clustering);
  return unions.flatMap(({ a, b, ...why }, i) => {
    const [side, other] = a.includes(document) ? [a, b] : [b, a];
    return side.includes(document) ? [{ number: i + 1, ...why, own: side.length, other: other.length }] : [];
  });
}

/** The unions with these numbers, in the order in which they came about. Throws UserError where there is none. */
export async function chosenUnions(
  store: Store,
  clustering: Clustering,
  numbers: readonly number[],
): Promise<WrittenUnion[]> {
  const unions = await readUnions(store.folder, clustering);
  if (unions.length === 0) {
    throw new UserError(
      `No guide made unions for ${clustering.id}.`,
      'Name the split that the guide made, with all unions to take back: --undo-union 5,17',
    );
  }
  return [...new Set(numbers)]
    .sort((x, y) => x - y)
    .map((number) => {
      const union = unions.at(number - 1);
      if (union !== undefined) return union;
      throw new UserError(
        `${clustering.id} has no union ${number}.`,
        `Choose from 1 to ${unions.length}: polymath piles --unions`,
      );
    });
}
