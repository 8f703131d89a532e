/** Finds documents of a dataset by a query. */
import { stat } from 'node:fs/promises';
import { UserError } from '../base/errors';
import type { FoundDocument } from '../protocol/find';
import type { Given, Result } from '../protocol/messages';
import type { DatasetRecord, SplitRecord } from '../protocol/records';
import { findWords, ranked } from '../search/matching';
import { parseQuery, type Query } from '../search/query';
import { selected } from '../search/selection';
import { bestMatch, matchesIn, snippetOf } from '../search/snippet';
import { DamagedIndexError, type IndexContents, WordIndex } from '../search/word-index';
import type { Store } from '../store/store';

const all = { offset: 0, limit: 1000 };

/** Indexes whose contents are kept. */
const KEPT = 4;

type Request = Given<'documents/find'>;

/** Documents that were found, the page of them that was asked for. */
interface Ranked {
  readonly total: number;
  readonly page: readonly number[];
}

export class Finder {
  /** By the state of the file that they were read from. */
  private readonly known = new Map<string, IndexContents>();

  constructor(private readonly store: Store) {}

  /** Throws UserError where the query cannot be understood or asks for what is not there. */
  async find(request: Request, signal?: AbortSignal): Promise<Result<'documents/find'>> {
    const query = parseQuery(request.query, request.typing);
    const hasWords = query.required.length + query.without.length > 0;
    const order = query.required.length > 0 ? 'fit' : 'dataset';
    const place = await placeOf(this.store, request, query);
    if (place === undefined) return { total: 0, of: 0, items: [], order };
    const { dataset, split } = place;
    const where = {
      of: dataset.documents.total,
      dataset: { id: dataset.id, name: dataset.name },
      ...(split && { split: { id: split.id, name: split.name } }),
      order,
    } as const;
    const unindexed = hasWords ? await this.unindexed(dataset.id) : undefined;
    if (unindexed !== undefined) return { ...where, total: 0, items: [], unindexed };
    try {
      const { total, page } = await this.look(dataset, split, query, request, signal);
      return { ...where, total, items: await this.shown(dataset.id, split, page, query) };
    } catch (error) {
      if (error instanceof DamagedIndexError) return { ...where, total: 0, items: [], unindexed: 'damaged' };
      throw error;
    }
  }

  private async unindexed(dataset: string): Promise<Result<'documents/find'>['unindexed']> {
    const found = await stat(this.store.datasets.indexOf(dataset)).catch(() => undefined);
    if (found === undefined) return 'missing';
    return this.store.files.require('indexes', dataset).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof UserError) return 'damaged';
        throw error;
      },
    );
  }

  private async look(
    dataset: DatasetRecord,
    split: SplitRecord | undefined,
    query: Query,
    { offset, limit }: Request,
    signal: AbortSignal | undefined,
  ): Promise<Ranked> {
    const among = await selected(this.store.selections, { dataset: dataset.id, split }, query.filters);
    const page = <T>(found: ArrayLike<T> & { slice(from: number, to: number): ArrayLike<T> }): T[] =>
      Array.from(found.slice(offset, offset + limit));
    if (query.required.length + query.without.length === 0) {
      if (among !== undefined) {
        const found = among.toArray();
        return { total: found.length, page: page(found) };
      }
      const { total } = dataset.documents;
      const last = Math.max(0, Math.min(limit, total - offset));
      return { total, page: Array.from({ length: last }, (_, i) => offset + i) };
    }
    const index = await this.open(dataset.id);
    try {
      const hits = await findWords(index, query, among, signal);
      const total = hits.documents.length;
      if (query.required.length === 0) return { total, page: page(hits.documents) };
      return { total, page: ranked(hits, offset, offset + limit).map((at) => hits.documents[at]) };
    } finally {
      await index.close();
    }
  }

  private async open(dataset: string): Promise<WordIndex> {
    const path = this.store.datasets.indexOf(dataset);
    const { ino, size, mtimeMs } = await stat(path);
    const state = `${path} ${ino} ${size} ${mtimeMs}`;
    const index = await WordIndex.open(path, this.known.get(state));
    this.known.delete(state);
    this.known.set(state, index.contents);
    for (const oldest of this.known.keys()) if (this.known.size > KEPT) this.known.delete(oldest);
    return index;
  }

  /** What is shown of documents, in this order. */
  private async shown(
    dataset: string,
    split: SplitRecord | undefined,
    indices: readonly number[],
    { required }: Query,
  ): Promise<FoundDocument[]> {
    if (indices.length === 0) return [];
    const [documents, placed] = await Promise.all([
      this.store.documents.textsAt(dataset, indices),
      split === undefined ? [] : this.store.piles.rowsOf(split.id, indices),
    ]);
    const byIndex = new Map(documents.map((document) => [document.index, document]));
    const places = new Map(placed.map((row) => [row.index, row]));
    return indices.flatMap((index) => {
      const found = byIndex.get(index);
      if (found === undefined) return [];
      const { text, ...document } = found;
      const place = places.get(index);
      const matches = matchesIn(text, required);
      const best = bestMatch(matches);
      return {
        document,
        ...(place && { placed: { ...document, ...place } }),
        snippet: snippetOf(text, matches),
        ...(best && { match: { start: best.start, end: best.end } }),
      };
    });
  }
}

/** What is looked in. */
interface Place {
  readonly dataset: DatasetRecord;
  /** Whose piles are meant; undefined where the dataset was not split. */
  readonly split: SplitRecord | undefined;
}

/** What the query names, else what the request names, else the newest. Undefined where there is no dataset. */
async function placeOf({ datasets, splits }: Store, request: Request, { filters }: Query): Promise<Place | undefined> {
  const written = (name: 'dataset' | 'split'): string | undefined =>
    filters.find((filter) => filter.name === name)?.values[0];
  const [namedDataset, namedSplit] = [written('dataset'), written('split')];
  let split: SplitRecord | undefined;
  if (namedSplit !== undefined) split = named((await splits.list(all)).items, namedSplit, 'split');
  else if (namedDataset === undefined && request.clustering !== undefined) split = await splits.get(request.clustering);
  const known = split?.dataset ?? request.dataset;
  let dataset: DatasetRecord | undefined;
  if (namedDataset === undefined && known !== undefined) dataset = await datasets.get(known);
  else {
    const { items } = await datasets.list(all);
    dataset = namedDataset === undefined ? items.at(0) : named(items, namedDataset, 'dataset');
  }
  if (dataset === undefined) return undefined;
  if (split !== undefined && split.dataset !== dataset.id) {
    throw new UserError(
      `${split.name} (${split.id}) is a split of ${split.dataset}, and not of ${dataset.name} (${dataset.id}).`,
      'Name one of the two alone.',
    );
  }
  return { dataset, split: split ?? (await splits.list({ ...all, dataset: dataset.id, limit: 1 })).items.at(0) };
}

/** The one with this name or id, or whose name or id begins so: of several the newest. Throws UserError where there is none. */
function named<T extends { readonly id: string; readonly name: string }>(
  items: readonly T[],
  given: string,
  noun: 'dataset' | 'split',
): T {
  const wanted = given.toLowerCase();
  const namesOf = ({ id, name }: T): string[] => [name.toLowerCase(), id, id.slice(id.indexOf('-') + 1)];
  const found =
    items.find((item) => namesOf(item).includes(wanted)) ??
    items.find((item) => namesOf(item).some((name) => name.startsWith(wanted)));
  if (found !== undefined) return found;
  const some = items.slice(0, 5).map(({ name, id }) => `${name} (${id})`);
  throw new UserError(
    `${noun}:${given}: there is no such ${noun}.`,
    some.length === 0 ? `The project has no ${noun} yet.` : `There are ${some.join(', ')}.`,
  );
}
