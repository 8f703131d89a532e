import { z } from 'zod';
import { UserError } from '../base/errors';
import { pinRecord, type PinRecord } from '../protocol/labels';
import { nextBatch } from './batches';
import type { Database } from './database';
import { integerList, type StoreSession } from './session';
import { clusterings } from './tables';

const documentRow = z.object({ document: z.int() });

/** Documents that stay in their piles when a split goes on from this one: those that a person moved, unless a person says otherwise. */
export class Pins {
  constructor(private readonly database: Database) {}

  /**
   * Pins all the documents, or lets them go; gives what was changed, and leaves the others as they are. Throws UserError where one of
   * them is not in the clustering.
   */
  set(clustering: string, documents: readonly number[], pinned: boolean): Promise<PinRecord[]> {
    return this.database.write(async (session) => {
      const position = await clusterings.place(session, clustering);
      const query = `SELECT document FROM assignments WHERE clustering = ? AND document IN (${integerList(documents)})`;
      const known = new Set((await session.rows(documentRow, query, [position])).map(({ document }) => document));
      const stranger = documents.find((document) => !known.has(document));
      if (stranger !== undefined) {
        throw new UserError(`Document ${stranger} is not in ${clustering}.`, 'Pin documents that were split.');
      }
      const before = await pinnedAmong(session, position, documents);
      const changed = [...known].filter((document) => before.has(document) !== pinned).sort((a, b) => a - b);
      if (changed.length === 0) return [];
      const created = new Date().toISOString();
      const { batch } = await nextBatch(session);
      await session.append('pins', changed.length, [
        () => batch,
        () => position,
        (row) => changed[row],
        () => pinned,
        () => created,
        () => false,
      ]);
      return changed.map((document) => ({ clustering, document, pinned, created, undone: false }));
    });
  }

  /** All documents that stay in their piles, in their order. */
  of(clustering: string): Promise<Int32Array> {
    return this.database.read(async (session) => {
      const position = await clusterings.place(session, clustering);
      const rows = await session.rows(documentRow, `${pinnedQuery(position)} ORDER BY document`);
      return Int32Array.from(rows, ({ document }) => document);
    });
  }
}

/** Which of the documents stay in their piles. */
export async function pinnedAmong(
  session: StoreSession,
  clustering: number,
  documents: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await session.rows(documentRow, pinnedQuery(clustering, `AND document IN (${integerList(documents)})`));
  return new Set(rows.map(({ document }) => document));
}

/** Gives `document`. The latest that was not taken back counts; who makes one pile of two, or two of one, moves no single document. */
export function pinnedQuery(clustering: number, more = ''): string {
  const inForce = `WHERE clustering = ${clustering} AND NOT undone ${more}`;
  return `
    SELECT document FROM (
      SELECT document, batch, true AS pinned FROM moves ${inForce} AND batch NOT IN (SELECT batch FROM pile_changes)
      UNION ALL SELECT document, batch, pinned FROM pins ${inForce}
    ) GROUP BY document HAVING arg_max(pinned, batch)`;
}

/** Takes back what one request did. */
export async function undoPins(session: StoreSession, clustering: string, batch: number): Promise<PinRecord[]> {
  const row = pinRecord.omit({ clustering: true, undone: true });
  const query = 'SELECT document, pinned, created FROM pins WHERE batch = ? ORDER BY document';
  const rows = await session.rows(row, query, [batch]);
  await session.run('UPDATE pins SET undone = true WHERE batch = ?', [batch]);
  return rows.map((undone) => ({ ...undone, clustering, undone: true }));
}
