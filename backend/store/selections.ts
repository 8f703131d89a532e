import type { Comparison } from '../base/comparison';
import { DocumentSet } from '../base/document-set';
import type { Database } from './database';
import type { Documents } from './documents';
import { excludedQuery } from './exclusions';
import { pinnedQuery } from './pins';
import { integerList, type SqlValue } from './session';
import { clusterings, datasets } from './tables';

/** What a dataset itself tells of its documents. */
export type DocumentCondition =
  /** Any of these; one that ends with `*` stands for all that begin so. */
  | { readonly column: 'id'; readonly values: readonly string[] }
  /** Any of these, letter case ignored. */
  | { readonly column: 'side' | 'domain'; readonly values: readonly string[] }
  /** Names that hold any of these, letter case ignored. */
  | { readonly column: 'file'; readonly values: readonly string[] }
  | { readonly column: 'index' | 'length'; readonly comparisons: readonly Comparison[] }
  | { readonly column: 'duplicate_of' };

/** What a split tells of its documents. */
export type PlacementCondition =
  | { readonly column: 'pile'; readonly piles: readonly number[] }
  | { readonly column: 'confidence'; readonly comparisons: readonly Comparison[] }
  | { readonly column: 'moved' | 'outlier' | 'pinned' };

/** What people said of documents of a dataset. */
export type Remark = 'excluded' | 'linked';

type Sql = readonly [where: string, values: readonly SqlValue[]];

/** Sets that are kept: of datasets, which never change. A set of a million documents takes 125 KB. */
const KEPT = 50;

/** Documents that have something in common, as sets. */
export class Selections {
  private readonly kept = new Map<string, DocumentSet>();

  constructor(
    private readonly database: Database,
    private readonly documents: Documents,
  ) {}

  /** Throws UserError where the dataset's file is missing or damaged. */
  async byDocument(dataset: string, condition: DocumentCondition): Promise<DocumentSet> {
    const key = JSON.stringify([dataset, condition]);
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const [where, values] = documentSql(condition);
    const found = await this.documents.joined(dataset, async (session, file) => {
      const set = DocumentSet.none((await datasets.get(session, dataset)).documents.total);
      await session.eachNumber(`SELECT index FROM ${file} WHERE ${where}`, values, (index) => set.add(index));
      return set;
    });
    for (const oldest of this.kept.keys()) if (this.kept.size >= KEPT) this.kept.delete(oldest);
    this.kept.set(key, found);
    return found;
  }

  byPlacement(clustering: string, condition: PlacementCondition): Promise<DocumentSet> {
    return this.database.read(async (session) => {
      const position = await clusterings.place(session, clustering);
      const { dataset } = await clusterings.get(session, clustering);
      const set = DocumentSet.none((await datasets.get(session, dataset)).documents.total);
      await session.eachNumber(placementSql(position, condition), [], (document) => set.add(document));
      return set;
    });
  }

  byRemark(dataset: string, remark: Remark): Promise<DocumentSet> {
    const links = 'SELECT a FROM links WHERE dataset = $1 UNION SELECT b FROM links WHERE dataset = $1';
    return this.database.read(async (session) => {
      const set = DocumentSet.none((await datasets.get(session, dataset)).documents.total);
      const query = remark === 'excluded' ? excludedQuery() : links;
      await session.eachNumber(query, [dataset], (document) => set.add(document));
      return set;
    });
  }
}

function documentSql(condition: DocumentCondition): Sql {
  switch (condition.column) {
    case 'id':
      return anyOf(condition.values, (value) =>
        value.endsWith('*') ? ['starts_with(id, ?)', [value.slice(0, -1)]] : ['id = ?', [value]],
      );
    case 'side':
    case 'domain':
      return anyOf(condition.values, (value) => [`lower(${condition.column}) = lower(?)`, [value]]);
    case 'file':
      return anyOf(condition.values, (value) => ['contains(lower(file), lower(?))', [value]]);
    case 'index':
    case 'length':
      return [compared(condition.column, condition.comparisons), []];
    case 'duplicate_of':
      return ['duplicate_of IS NOT NULL', []];
  }
}

function placementSql(clustering: number, condition: PlacementCondition): string {
  const those = `SELECT document FROM assignments WHERE clustering = ${clustering} AND`;
  switch (condition.column) {
    case 'pile':
      return `${those} pile IN (${integerList(condition.piles)})`;
    case 'confidence':
      return `${those} ${compared('confidence', condition.comparisons)}`;
    case 'moved':
    case 'outlier':
      return `${those} ${condition.column}`;
    case 'pinned':
      return pinnedQuery(clustering);
  }
}

const anyOf = (values: readonly string[], each: (value: string) => Sql): Sql => {
  const parts = values.map(each);
  return [`(${parts.map(([sql]) => sql).join(' OR ')})`, parts.flatMap(([, given]) => given)];
};

const compared = (column: string, comparisons: readonly Comparison[]): string =>
  comparisons.map(({ operator, value }) => `${column} ${operator} ${finite(value)}`).join(' AND ');

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new TypeError('a bound must be a number');
  return value;
}
