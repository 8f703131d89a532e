import { z } from 'zod';
import { UserError } from '../base/errors';
import { renameRecord, type RenameRecord } from '../protocol/labels';
import { pileRecord, pileRow, type PileRecord, type PileDomains, type PileRow } from '../protocol/records';
import { nextBatch } from './batches';
import type { Database } from './database';
import type { Documents } from './documents';
import { pinnedAmong } from './pins';
import { countOf, type PageOf, type PageRequest } from './record-table';
import { integerList, type StoreSession, type SqlValue } from './session';
import { clusterings } from './tables';

const storedPile = pileRecord.extend({ terms: z.string() });
export const assignmentRow = pileRow
  .pick({ index: true, pile: true, confidence: true, moved: true, outlier: true, version: true })
  .strict();

export const assignmentColumns = 'document AS index, pile, confidence, moved, outlier, version';

/** A document's place in a clustering, without the document. */
export type PlacedRow = z.infer<typeof assignmentRow> & Pick<PileRow, 'pinned'>;

const domainRow = z.object({ pile: z.int(), name: z.string(), documents: z.int() });

const renameRow = renameRecord.omit({ clustering: true, undone: true });

function setName(session: StoreSession, clustering: number, number: number, name: string): Promise<void> {
  return session.run('UPDATE piles SET name = ? WHERE clustering = ? AND pile = ?', [name, clustering, number]);
}

/** Takes back what one request did. */
export async function undoRename(session: StoreSession, clustering: string, batch: number): Promise<RenameRecord[]> {
  const query = 'SELECT pile, origin AS "from", target AS "to", created FROM renames WHERE batch = ?';
  const rows = await session.rows(renameRow, query, [batch]);
  const position = await clusterings.place(session, clustering);
  for (const row of rows) await setName(session, position, row.pile, row.from);
  await session.run('UPDATE renames SET undone = true WHERE batch = ?', [batch]);
  return rows.map((row) => ({ ...row, clustering, undone: true }));
}

/** The piles of clusterings and the documents in them. */
export class Piles {
  constructor(
    private readonly database: Database,
    private readonly documents: Documents,
  ) {}

  list(clustering: string): Promise<PileRecord[]> {
    return this.database.read((session) => pilesOf(session, clustering));
  }

  /** Kept, so that it can be taken back. Throws UserError where there is no such pile. */
  rename(clustering: string, number: number, wanted: string): Promise<void> {
    return this.database.write(async (session) => {
      await requirePile(session, clustering, number);
      const position = await clusterings.place(session, clustering);
      const name = pileRecord.shape.name.parse(wanted);
      const { batch } = await nextBatch(session);
      await session.run(
        `INSERT INTO renames SELECT ?, clustering, pile, name, ?, ?, false FROM piles
         WHERE clustering = ? AND pile = ? AND name <> ?`,
        [batch, name, new Date().toISOString(), position, number, name],
      );
      await setName(session, position, number, name);
    });
  }

  /**
   * The documents of a pile, of the outliers, or of all piles, in the order of the dataset or by confidence: then those that a
   * person moved come first.
   */
  async listDocuments(
    request: PageRequest & {
      readonly clustering: string;
      readonly pile?: number | undefined;
      readonly outliers?: boolean | undefined;
      readonly documents?: readonly number[] | undefined;
      readonly order?: 'document' | 'confidence' | undefined;
    },
  ): Promise<PageOf<PileRow>> {
    const found = await this.database.read(async (session) => {
      const { dataset } = await clusterings.get(session, request.clustering);
      const filters: [string, SqlValue][] = [['clustering', await clusterings.place(session, request.clustering)]];
      if (request.pile !== undefined) filters.push(['pile', request.pile]);
      if (request.outliers !== undefined) filters.push(['outlier', request.outliers]);
      const conditions = filters.map(([column]) => `${column} = ?`);
      if (request.documents !== undefined) conditions.push(`document IN (${integerList(request.documents)})`);
      const from = `FROM assignments WHERE ${conditions.join(' AND ')}`;
      const values = filters.map(([, value]) => value);
      const order = request.order === 'confidence' ? 'moved DESC, confidence DESC NULLS LAST, document' : 'document';
      const page = `SELECT ${assignmentColumns} ${from} ORDER BY ${order} LIMIT ? OFFSET ?`;
      const assignments = await session.rows(assignmentRow, page, [...values, request.limit, request.offset]);
      const pinned = await pinnedAmong(
        session,
        await clusterings.place(session, request.clustering),
        assignments.map(({ index }) => index),
      );
      return { dataset, assignments, pinned, total: await countOf(session, from, values) };
    });
    const indices = found.assignments.map(({ index }) => index);
    const documents = await this.documents.at(found.dataset, indices);
    const byIndex = new Map(documents.map((document) => [document.index, document]));
    const items = found.assignments.map((row) =>
      pileRow.parse({ ...byIndex.get(row.index), ...row, ...(found.pinned.has(row.index) ? { pinned: true } : {}) }),
    );
    return { total: found.total, items };
  }

  /** Where these documents lie in the clustering, in their order; those that it does not hold are left out. */
  rowsOf(clustering: string, indices: readonly number[]): Promise<PlacedRow[]> {
    return this.database.read(async (session) => {
      const position = await clusterings.place(session, clustering);
      const among = `document IN (${integerList(indices)}) ORDER BY document`;
      const query = `SELECT ${assignmentColumns} FROM assignments WHERE clustering = ${position} AND ${among}`;
      const rows = await session.rows(assignmentRow, query);
      const pinned = await pinnedAmong(session, position, indices);
      return rows.map((row) => ({ ...row, ...(pinned.has(row.index) ? { pinned: true as const } : {}) }));
    });
  }

  /** The gold domains of each pile's documents. Reads all assignments. */
  async domains(clustering: string): Promise<PileDomains[]> {
    const { dataset, position, k } = await this.database.read(async (session) => ({
      ...(await clusterings.get(session, clustering)),
      position: await clusterings.place(session, clustering),
    }));
    return this.documents.joined(dataset, async (session, file) => {
      const query = `
        SELECT pile, domain AS name, count(*) AS documents FROM assignments JOIN ${file} AS documents ON index = document
        WHERE clustering = ? AND domain IS NOT NULL GROUP BY ALL ORDER BY documents DESC, name`;
      const rows = await session.rows(domainRow, query, [position]);
      if (rows.length === 0) return [];
      return Array.from({ length: k }, (_, number) => ({
        pile: number,
        domains: rows.filter(({ pile: of }) => of === number).map(({ name, documents }) => ({ name, documents })),
      }));
    });
  }
}

/** Throws UserError where there is no such clustering. */
export async function pilesOf(session: StoreSession, clustering: string): Promise<PileRecord[]> {
  const position = await clusterings.place(session, clustering);
  const query = 'SELECT pile, name, size, terms FROM piles WHERE clustering = ? ORDER BY pile';
  const rows = await session.rows(storedPile, query, [position]);
  return rows.map((row) => pileRecord.parse({ ...row, terms: JSON.parse(row.terms) as unknown }));
}

/** Throws UserError unless the clustering has this pile. */
export async function requirePile(session: StoreSession, clustering: string, number: number): Promise<void> {
  const { k } = await clusterings.get(session, clustering);
  if (number < 0 || number >= k) {
    throw new UserError(`There is no pile ${number}: ${clustering} has ${k}, from 0.`, 'Choose one of its piles.');
  }
}

/** Adds the piles with the sizes that the assignments give. */
export async function insertPiles(
  session: StoreSession,
  clustering: number,
  piles: readonly PileRecord[],
  assigned: Int32Array,
): Promise<void> {
  const sizes = new Map<number, number>();
  for (const number of assigned) sizes.set(number, (sizes.get(number) ?? 0) + 1);
  await session.append('piles', piles.length, [
    () => clustering,
    (row) => piles[row].pile,
    (row) => piles[row].name,
    (row) => sizes.get(piles[row].pile) ?? 0,
    (row) => JSON.stringify(piles[row].terms),
  ]);
}

/** Counts documents into or out of a pile. */
export async function resizePile(session: StoreSession, clustering: number, number: number, by: number): Promise<void> {
  const statement = 'UPDATE piles SET size = size + ? WHERE clustering = ? AND pile = ?';
  await session.run(statement, [by, clustering, number]);
}
