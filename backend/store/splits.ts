import { z } from 'zod';
import { UserError } from '../base/errors';
import type { SplitRows } from '../protocol/outcome';
import type { SplitRecord } from '../protocol/records';
import type { Database } from './database';
import { forget } from './files';
import { removeFolder } from './folders';
import { unmetLinks } from './links';
import { insertPiles, pilesOf } from './piles';
import { copyColumn, insertPosteriors, lastPosteriors, type Posteriors, posteriorsOfRound } from './posteriors';
import { countOf, refuseWhileUsed, type PageOf, type PageRequest } from './record-table';
import { saveRun, type MadeBy } from './runs';
import type { StoreSession } from './session';
import { clusterings, datasets, type KeptOfSplit } from './tables';

const tablesOfClusterings = [
  'posteriors',
  'assignments',
  'layouts',
  'piles',
  'moves',
  'pins',
  'pile_changes',
  'renames',
];

/** The documents of a clustering with the pile of each, people's moves counted. */
export interface Assignments {
  /** Index in the dataset, rising. */
  readonly documents: Int32Array;
  readonly piles: Int32Array;
}

export class Splits {
  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Adds a clustering with all its rows, or nothing. One that is there already stays as it is. */
  add(record: SplitRecord, rows: SplitRows, { run }: MadeBy = {}): Promise<void> {
    return this.database.write(async (session) => {
      await this.insert(session, record, rows);
      await saveRun(session, run);
    });
  }

  async insert(session: StoreSession, record: SplitRecord, rows: SplitRows): Promise<void> {
    requireConsistent(record, rows);
    const { piles, ...rest } = record;
    if ((await clusterings.position(session, record.id)) !== undefined) return;
    await datasets.place(session, record.dataset);
    const position = await clusterings.insert(session, rest);
    if (position === undefined) return;
    await insertPiles(session, position, piles, rows.piles);
    await insertAssignments(session, position, rows);
    await insertPosteriors(session, position, record.k, rows);
  }

  get(id: string): Promise<SplitRecord> {
    return this.database.read(async (session) => {
      return whole(session, await clusterings.get(session, id));
    });
  }

  /** The newest first. */
  list(page: PageRequest & { readonly dataset?: string | undefined }): Promise<PageOf<SplitRecord>> {
    return this.database.read(async (session) => {
      const { total, items } = await clusterings.list(session, page, { dataset: page.dataset });
      const records: SplitRecord[] = [];
      for (const record of items) records.push(await whole(session, record));
      return { total, items: records };
    });
  }

  /** Removes the clustering with its rows, moves and files. Throws UserError while experts of it exist. */
  async remove(id: string): Promise<void> {
    await this.database.write(async (session) => {
      const position = await clusterings.place(session, id);
      await refuseWhileUsed(session, 'experts', 'clustering', id);
      for (const table of tablesOfClusterings) {
        await session.run(`DELETE FROM ${table} WHERE clustering = ?`, [position]);
      }
      await clusterings.remove(session, id);
      await forget(session, 'splits', id);
    });
    await removeFolder(this.folder, 'splits', id);
  }

  /**
   * The documents that two clusterings of a dataset both hold, by their piles in both: `counts[pile of a][pile of b]`. Throws UserError
   * where they have none in common.
   */
  compare(a: string, b: string): Promise<{ documents: number; counts: number[][] }> {
    return this.database.read(async (session) => {
      const [first, second] = [await clusterings.get(session, a), await clusterings.get(session, b)];
      if (first.dataset !== second.dataset) {
        throw new UserError(`${a} and ${b} are splits of different datasets.`, 'Compare splits of one dataset.');
      }
      const query = `
        SELECT a.pile AS a, b.pile AS b, count(*) AS documents FROM assignments AS a JOIN assignments AS b USING (document)
        WHERE a.clustering = ? AND b.clustering = ? GROUP BY ALL`;
      const places = [await clusterings.place(session, a), await clusterings.place(session, b)];
      const cells = await session.rows(z.object({ a: z.int(), b: z.int(), documents: z.int() }), query, places);
      if (cells.length === 0) {
        throw new UserError(`${a} and ${b} have no document in common.`, 'Compare other splits.');
      }
      const counts = Array.from({ length: first.k }, () => new Array<number>(second.k).fill(0));
      for (const cell of cells) counts[cell.a][cell.b] = cell.documents;
      return { documents: cells.reduce((sum, cell) => sum + cell.documents, 0), counts };
    });
  }

  /** Every document's pile as it is now: what experts are trained on. */
  assignments(id: string): Promise<Assignments> {
    return this.database.read(async (session) => {
      const position = await clusterings.place(session, id);
      const from = 'FROM assignments WHERE clustering = ?';
      const total = await countOf(session, from, [position]);
      const documents = new Int32Array(total);
      const piles = new Int32Array(total);
      let place = 0;
      for await (const chunk of session.chunks(`SELECT document, pile ${from} ORDER BY document`, [position])) {
        copyColumn(chunk, 0, documents, place);
        copyColumn(chunk, 1, piles, place);
        place += chunk.rowCount;
      }
      return { documents, piles };
    });
  }

  /** Indices of the documents that fit no pile well. */
  outliers(id: string): Promise<number[]> {
    return this.database.read(async (session) => {
      const query = 'SELECT document FROM assignments WHERE clustering = ? AND outlier ORDER BY document';
      const rows = await session.rows(z.object({ document: z.int() }), query, [await clusterings.place(session, id)]);
      return rows.map(({ document }) => document);
    });
  }

  /** The posteriors of the documents at the places `offset`, `offset` + 1, …, of one round; 0 is how the method ended. */
  posteriors(id: string, page: PageRequest & { readonly round: number }): Promise<Posteriors> {
    return this.database.read(async (session) => {
      const { k } = await clusterings.get(session, id);
      return posteriorsOfRound(session, await clusterings.place(session, id), k, page);
    });
  }

  /** The posteriors that the method ended with, piles that people merged counted as one; undefined where it gave none. */
  lastPosteriors(id: string): Promise<Posteriors | undefined> {
    return this.database.read(async (session) => {
      const { k } = await clusterings.get(session, id);
      return lastPosteriors(session, await clusterings.place(session, id), k);
    });
  }
}

/** Rows that do not belong together come from a defect in the method, and must not reach the file. */
function requireConsistent({ id, k, documents }: SplitRecord, rows: SplitRows): void {
  const faults = [
    rows.documents.length !== documents && 'documents',
    (rows.piles.length !== documents || !rows.piles.every((pile) => pile >= 0 && pile < k)) && 'piles',
    rows.confidence && rows.confidence.length !== documents && 'confidence',
    !rows.outliers.every((row) => row >= 0 && row < documents) && 'outliers',
    [...rows.rounds, rows].some(({ posteriors: p }) => p !== undefined && p.length !== documents * k) && 'posteriors',
  ].filter((fault) => typeof fault === 'string');
  if (faults.length > 0)
    throw new RangeError(`the rows of clustering ${id} do not fit its record: ${faults.join(', ')}`);
}

/** The record with its piles and what of its links does not hold, which change with what people do. */
async function whole(session: StoreSession, record: KeptOfSplit): Promise<SplitRecord> {
  const unmet = await unmetLinks(session, record.dataset, await clusterings.place(session, record.id));
  return { ...record, piles: await pilesOf(session, record.id), ...(unmet > 0 && { unmetLinks: unmet }) };
}

async function insertAssignments(session: StoreSession, position: number, rows: SplitRows): Promise<void> {
  const { documents, piles, confidence } = rows;
  const outliers = new Set(rows.outliers);
  await session.append('assignments', documents.length, [
    () => position,
    (row) => documents[row],
    (row) => piles[row],
    // Sums of 32-bit posteriors stray a little above 1.
    (row) => (confidence === undefined ? null : Math.min(1, Math.max(0, confidence[row]))),
    (row) => outliers.has(row),
    () => 0,
    () => false,
  ]);
}
