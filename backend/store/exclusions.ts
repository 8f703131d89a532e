import { z } from 'zod';
import { UserError } from '../base/errors';
import { exclusionRecord, type ExclusionRecord } from '../protocol/labels';
import { nextBatch } from './batches';
import type { Database } from './database';
import { integerList, type StoreSession } from './session';
import { datasets } from './tables';

const documentRow = z.object({ document: z.int() });

/** People's decisions which documents take no part in runs: of a dataset, so in all its splits. Each is kept, and can be taken back. */
export class Exclusions {
  constructor(private readonly database: Database) {}

  /**
   * Excludes all the documents, or takes them in again; gives what was changed, and leaves the others as they are. Throws UserError
   * where one of them does not exist.
   */
  set(dataset: string, documents: readonly number[], excluded: boolean): Promise<ExclusionRecord[]> {
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
      const { batch } = await nextBatch(session);
      await session.append('exclusions', changed.length, [
        () => batch,
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
  session: StoreSession,
  dataset: string,
  documents: readonly number[],
): Promise<ReadonlySet<number>> {
  const among = `AND document IN (${integerList(documents)})`;
  const rows = await session.rows(documentRow, excludedQuery(among), [dataset]);
  return new Set(rows.map(({ document }) => document));
}

/** All that take no part in runs, in their order. */
export async function excludedDocuments(session: StoreSession, dataset: string): Promise<number[]> {
  const rows = await session.rows(documentRow, `${excludedQuery()} ORDER BY document`, [dataset]);
  return rows.map(({ document }) => document);
}

/** Gives `document`; takes the dataset as its only value. The latest decision that was not taken back counts. */
export function excludedQuery(more = ''): string {
  return `SELECT document FROM exclusions WHERE dataset = ? AND NOT undone ${more}
    GROUP BY document HAVING arg_max(excluded, batch)`;
}

/** Takes back what one request did. */
export async function undoExclusions(session: StoreSession, batch: number): Promise<ExclusionRecord[]> {
  const rows = await session.rows(
    exclusionRecord.omit({ undone: true }),
    'SELECT dataset, document, excluded, created FROM exclusions WHERE batch = ? ORDER BY document',
    [batch],
  );
  await session.run('UPDATE exclusions SET undone = true WHERE batch = ?', [batch]);
  return rows.map((row) => ({ ...row, undone: true }));
}
