import { z } from 'zod';
import { UserError } from '../protocol/errors';
import { exclusion, type Exclusion } from '../protocol/records';
import type { Database } from './database';
import { required } from './record-table';
import { integerList, type Session } from './session';
import { datasets } from './tables';

const documentRow = z.object({ document: z.int() });

/** People's decisions which documents take no part in runs: of a dataset, so in all its splits. Each is kept, and can be taken back. */
export class Exclusions {
  constructor(private readonly database: Database) {}

  /**
   * Excludes all the documents, or takes them in again; gives what was changed, and leaves the others as they are. Throws UserError
   * where one of them does not exist.
   */
  set(dataset: string, documents: readonly number[], excluded: boolean): Promise<Exclusion[]> {
    return this.database.write(async (session) => {
      const { total } = (await datasets.get(session, dataset)).documents;
      const stranger = documents.find((document) => document >= total);
      if (stranger !== undefined) {
        throw new UserError(`There is no document ${stranger}: ${dataset} has ${total}.`, 'Choose other documents.');
      }
      const before = await excludedAmong(session, dataset, documents);
      const changed = [...new Set(documents)].filter((document) => before.has(document) !== excluded);
      if (changed.length === 0) return [];
      const created = new Date().toISOString();
      const last = await required(
        session.first(
          z.object({ batch: z.int(), after: z.int() }),
          `SELECT (SELECT coalesce(max(batch), 0) FROM exclusions) AS batch,
             (SELECT coalesce(max(sequence), 0) FROM moves) AS after`,
        ),
      );
      await session.append('exclusions', changed.length, [
        () => last.batch + 1,
        () => last.after,
        () => dataset,
        (row) => changed[row],
        () => excluded,
        () => created,
        () => false,
      ]);
      return changed.map((document) => ({ dataset, document, excluded, created, undone: false }));
    });
  }

  /** The documents that take no part in runs, in their order. */
  of(dataset: string): Promise<Int32Array> {
    return this.database.read(async (session) => Int32Array.from(await excludedDocuments(session, dataset)));
  }
}

/** Which of the documents take no part in runs. */
export async function excludedAmong(
  session: Session,
  dataset: string,
  documents: readonly number[],
): Promise<ReadonlySet<number>> {
  const among = `AND document IN (${integerList(documents)})`;
  const rows = await session.rows(documentRow, excludedQuery(among), [dataset]);
  return new Set(rows.map(({ document }) => document));
}

/** All that take no part in runs, in their order. */
export async function excludedDocuments(session: Session, dataset: string): Promise<number[]> {
  const rows = await session.rows(documentRow, `${excludedQuery()} ORDER BY document`, [dataset]);
  return rows.map(({ document }) => document);
}

/** Gives `document`; takes the dataset as its only value. The latest decision that was not taken back counts. */
function excludedQuery(more = ''): string {
  return `SELECT document FROM exclusions WHERE dataset = ? AND NOT undone ${more}
    GROUP BY document HAVING arg_max(excluded, batch)`;
}

/** Takes back what one `set` did, the latest of the dataset, unless a document of the clustering was moved or pinned after it. */
export async function undoExclusions(session: Session, dataset: string, clustering: number): Promise<Exclusion[]> {
  const latest = await session.first(
    z.object({ batch: z.int(), after: z.int(), created: z.string() }),
    'SELECT batch, after, created FROM exclusions WHERE dataset = ? AND NOT undone ORDER BY batch DESC LIMIT 1',
    [dataset],
  );
  if (latest === undefined) return [];
  const moved = await session.first(
    z.object({ sequence: z.int() }),
    'SELECT sequence FROM moves WHERE clustering = ? AND NOT undone AND sequence > ? LIMIT 1',
    [clustering, latest.after],
  );
  const pinned = await session.first(
    z.object({ batch: z.int() }),
    'SELECT batch FROM pins WHERE clustering = ? AND NOT undone AND created > ? LIMIT 1',
    [clustering, latest.created],
  );
  if (moved !== undefined || pinned !== undefined) return [];
  const taken = 'FROM exclusions WHERE batch = ?';
  const rows = await session.rows(
    exclusion.omit({ undone: true }),
    `SELECT dataset, document, excluded, created ${taken} ORDER BY document`,
    [latest.batch],
  );
  await session.run('UPDATE exclusions SET undone = true WHERE batch = ?', [latest.batch]);
  return rows.map((row) => ({ ...row, undone: true }));
}
